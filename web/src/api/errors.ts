/* SPDX-License-Identifier: MIT */
/* What a call that did not work throws. */

/** `network`: no answer came; `aborted`: the caller gave up; `refused`: the service said no, with `status` and `code`. */
export type FailureKind = 'network' | 'aborted' | 'refused'

export class ApiError extends Error {
  constructor(
    readonly kind: FailureKind,
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message)
    this.name = 'ApiError'
  }

  get isNotFound(): boolean {
    return this.status === 404
  }

  get isForbidden(): boolean {
    return this.status === 403
  }

  get isUnauthorized(): boolean {
    return this.status === 401
  }

  /** The service is there but cannot do anything now, as without its database. */
  get isUnavailable(): boolean {
    return this.status === 503
  }
}

export function isAborted(error: unknown): boolean {
  return error instanceof ApiError && error.kind === 'aborted'
}

/** The sentence to show a person. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
