/* SPDX-License-Identifier: MIT */
/* The typed client: api.<tag>.<operationId>({ path, query and body members together }), made from the generated table. */
import { addresses, calls } from './generated/operations'
import type { operations } from './generated/schema'
import { send, serviceUrl, type CallOptions } from './transport'

type Calls = typeof calls
type Name = keyof operations

/* What a place that is not used contributes to the arguments: nothing. */
type OrNothing<P> = [P] extends [never] ? unknown : P

type Part<O extends Name, Place extends 'path' | 'query'> = operations[O]['parameters'] extends {
  [K in Place]?: infer P
}
  ? OrNothing<NonNullable<P>>
  : unknown

type Json<R> = R extends { content: { 'application/json': infer B } } ? B : unknown

type Body<O extends Name> = operations[O] extends { requestBody?: infer R } ? OrNothing<Json<NonNullable<R>>> : unknown

type Answer<O extends Name> = operations[O]['responses'] extends {
  200: { content: { 'application/json': infer A } }
}
  ? A
  : never

/** One page of a longer list. */
export interface Page<Row> {
  data: Row[]
  total: number
  current: number
  page_size: number
}

type Result<A> = A extends { total: number; data: (infer Row)[] } ? Page<Row> : A extends { data: infer D } ? D : never

type Arguments<O extends Name> = Part<O, 'path'> & Part<O, 'query'> & Body<O>

type Call<O extends Name> = Partial<Arguments<O>> extends Arguments<O>
  ? (values?: Arguments<O>, options?: CallOptions) => Promise<Result<Answer<O>>>
  : (values: Arguments<O>, options?: CallOptions) => Promise<Result<Answer<O>>>

export type Api = { [Tag in keyof Calls]: { [O in keyof Calls[Tag] & Name]: Call<O> } }

interface Operation {
  method: string
  path: string
  query: readonly string[]
  body: boolean
}

/* Only text and numbers can stand in an address; the rest goes into a body. */
type Values = Record<string, unknown>

function plain(value: unknown): string {
  if (typeof value === 'string') return value
  return JSON.stringify(value)
}

function fillPath(path: string, values: Values): { path: string; used: Set<string> } {
  const used = new Set<string>()
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    used.add(name)
    return encodeURIComponent(plain(values[name]))
  })
  return { path: filled, used }
}

function takeQuery(names: readonly string[], values: Values, used: Set<string>): URLSearchParams {
  const query = new URLSearchParams()
  for (const name of names) {
    used.add(name)
    const value = values[name]
    if (value !== undefined && value !== '') query.set(name, plain(value))
  }
  return query
}

function makeCall(operation: Operation) {
  return (values: Values = {}, options?: CallOptions): Promise<unknown> => {
    const { path, used } = fillPath(operation.path, values)
    const query = takeQuery(operation.query, values, used)
    const rest = Object.entries(values).filter(([name]) => !used.has(name))
    const body = operation.body ? Object.fromEntries(rest) : undefined
    return send({ method: operation.method, path, query, body }, options)
  }
}

function makeTag(operationsOfTag: Record<string, Operation>) {
  return Object.fromEntries(Object.entries(operationsOfTag).map(([name, operation]) => [name, makeCall(operation)]))
}

/* The table and the types come from one document; the compiler cannot see that they belong together. */
export const api = Object.fromEntries(Object.entries(calls).map(([tag, table]) => [tag, makeTag(table)])) as unknown as Api

/** The address of something that is opened, not called: a file, a stream of events. */
export function addressOf(name: keyof typeof addresses, values: Values = {}, query: Record<string, string> = {}): string {
  return serviceUrl(fillPath(addresses[name], values).path, new URLSearchParams(query))
}
