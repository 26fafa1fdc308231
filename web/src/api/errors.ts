/* SPDX-License-Identifier: MIT */
/* What a call that did not work throws. */
import i18next from 'i18next'

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

/* Sentences of the service that people meet in its ordinary use, and our words for them. A number in one is its {{count}}. */
const said: Record<string, string> = {
  'Invalid username or password': 'wrongPassword',
  'Account is disabled': 'disabled',
  'Account is locked, please try again later': 'locked',
  'Too many sign-ins in vain, please try again in # seconds': 'tooMany',
  'too many passwords are being checked, try again': 'busy',
  'old_password is wrong': 'oldWrong',
  'new_password must differ from old_password': 'samePassword',
  'No permission to perform this operation': 'forbidden',
  'The password has expired: change it first': 'expired',
  'the service is stopping': 'stopping',
  'the database is not available; nothing was changed, try again later': 'unavailable',
  'the database went silent; whether the change was made is not known, look before you repeat it': 'uncertain',
}

/** The sentence to show a person: in his language as far as we have words for it, else as the service says it. */
export function errorText(error: unknown): string {
  if (error instanceof ApiError && error.kind === 'network') return i18next.t('state.networkError')
  const text = error instanceof Error ? error.message : String(error)
  const [count] = text.match(/\d+/) ?? []
  const sentence = text.replace(/\d+/, '#')
  return Object.hasOwn(said, sentence) ? i18next.t(`said.${said[sentence]}`, { count: Number(count) }) : text
}
