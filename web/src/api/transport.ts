/* SPDX-License-Identifier: MIT */
/* One HTTP call: the address below the base path, the envelope taken off, every failure an ApiError. */
import { connection } from '../connection/connection'
import { ApiError } from './errors'

export interface CallOptions {
  signal?: AbortSignal
}

export interface Request {
  method: string
  path: string
  query?: URLSearchParams
  body?: unknown
}

interface Envelope {
  code?: string
  data?: unknown
  err?: string
  error?: string
  total?: number
  current?: number
  page_size?: number
}

const timeoutMs = 30_000

let whenUnauthorized: () => void = () => undefined

/** Who is told that the session is gone. One listener: the session. */
export function onUnauthorized(listener: () => void): void {
  whenUnauthorized = listener
}

/** The address of a path of the service, behind whatever prefix the page was served. */
export function serviceUrl(path: string, query?: URLSearchParams): string {
  const url = new URL(path.replace(/^\//, ''), document.baseURI)
  if (query) url.search = query.toString()
  return url.toString()
}

function isPage(envelope: Envelope): boolean {
  return envelope.total !== undefined && envelope.current !== undefined && envelope.page_size !== undefined
}

function unwrap(envelope: Envelope): unknown {
  if (!isPage(envelope)) return envelope.data
  const { data, total, current, page_size } = envelope
  return { data, total, current, page_size }
}

async function readEnvelope(response: Response): Promise<Envelope> {
  try {
    return (await response.json()) as Envelope
  } catch {
    return {}
  }
}

function refusal(response: Response, envelope: Envelope): ApiError {
  const text = envelope.err ?? envelope.error ?? `${response.status} ${response.statusText}`.trim()
  return new ApiError('refused', response.status, envelope.code ?? '', text)
}

function noAnswer(signal: AbortSignal | undefined, cause: unknown): ApiError {
  if (signal?.aborted) return new ApiError('aborted', 0, '', 'aborted')
  connection.reportUnreachable()
  return new ApiError('network', 0, '', cause instanceof Error ? cause.message : String(cause))
}

async function exchange(request: Request, signal: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': document.documentElement.lang }
  if (request.body !== undefined) headers['Content-Type'] = 'application/json'
  return fetch(serviceUrl(request.path, request.query), {
    method: request.method,
    headers,
    body: request.body === undefined ? undefined : JSON.stringify(request.body),
    credentials: 'same-origin',
    cache: 'no-store',
    signal,
  })
}

/* An AbortSignal that ends with the caller's, or when the time is up. */
function bounded(signal: AbortSignal | undefined): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController()
  const abort = () => controller.abort()
  const timer = setTimeout(abort, timeoutMs)
  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  const release = () => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
  return { signal: controller.signal, release }
}

export async function send(request: Request, options: CallOptions = {}): Promise<unknown> {
  const limit = bounded(options.signal)
  try {
    const response = await exchange(request, limit.signal)
    const envelope = await readEnvelope(response)
    if (response.ok && envelope.code === '0') {
      connection.reportAnswer()
      return unwrap(envelope)
    }
    const error = refusal(response, envelope)
    if (error.isUnauthorized) whenUnauthorized()
    if (error.isUnavailable) connection.reportUnavailable()
    throw error
  } catch (error) {
    throw error instanceof ApiError ? error : noAnswer(options.signal, error)
  } finally {
    limit.release()
  }
}
