/* SPDX-License-Identifier: MIT */
/* The filters of the task list as they stand in the address, and as the service takes them. */
import { taskStatuses, type TaskStatus } from '../../api/types'

/** How far back: one of these, or `custom` with `from` and `to`, or nothing. */
export const timePresets = { lastHour: 3_600_000, lastDay: 86_400_000, lastWeek: 604_800_000 } as const

export type TimeChoice = keyof typeof timePresets | 'custom' | ''

export interface TaskFilters {
  search: string
  status: TaskStatus[]
  type: string
  creator: string
  time: TimeChoice
  /** Local date and time, as an input of type datetime-local has it. */
  from: string
  to: string
  current: number
  pageSize: number
}

export const pageSizes = [10, 20, 50, 100]
const usualPageSize = 20

function positive(text: string | null, otherwise: number): number {
  const value = Number(text)
  return Number.isInteger(value) && value > 0 ? value : otherwise
}

function readTime(text: string | null): TimeChoice {
  if (text === 'custom') return text
  return text && Object.hasOwn(timePresets, text) ? (text as keyof typeof timePresets) : ''
}

export function readFilters(query: URLSearchParams): TaskFilters {
  const size = positive(query.get('page_size'), usualPageSize)
  const statuses = (query.get('status') ?? '').split(',')
  return {
    search: query.get('search') ?? '',
    status: taskStatuses.filter((status) => statuses.includes(status)),
    type: query.get('type') ?? '',
    creator: query.get('creator') ?? '',
    time: readTime(query.get('time')),
    from: query.get('from') ?? '',
    to: query.get('to') ?? '',
    current: positive(query.get('current'), 1),
    pageSize: pageSizes.includes(size) ? size : usualPageSize,
  }
}

/** What differs from an untouched list, so that addresses stay short. */
export function writeFilters(filters: TaskFilters): URLSearchParams {
  const custom = filters.time === 'custom'
  const values: Record<string, string> = {
    search: filters.search,
    status: filters.status.join(','),
    type: filters.type,
    creator: filters.creator,
    time: filters.time,
    from: custom ? filters.from : '',
    to: custom ? filters.to : '',
    current: filters.current > 1 ? String(filters.current) : '',
    page_size: filters.pageSize === usualPageSize ? '' : String(filters.pageSize),
  }
  return new URLSearchParams(Object.entries(values).filter(([, value]) => value !== ''))
}

export function hasFilters(filters: TaskFilters): boolean {
  const { search, status, type, creator, time } = filters
  return search !== '' || status.length > 0 || type !== '' || creator !== '' || time !== ''
}

function moment(local: string): string | undefined {
  const value = Date.parse(local)
  return Number.isNaN(value) ? undefined : new Date(value).toISOString()
}

function timeRange(filters: TaskFilters, now: number): { created_from?: string; created_to?: string } {
  if (filters.time === '') return {}
  if (filters.time === 'custom') return { created_from: moment(filters.from), created_to: moment(filters.to) }
  return { created_from: new Date(now - timePresets[filters.time]).toISOString() }
}

export function queryOf(filters: TaskFilters, now: number) {
  return {
    current: filters.current,
    page_size: filters.pageSize,
    search: filters.search.trim() || undefined,
    status: filters.status.join(',') || undefined,
    type: filters.type || undefined,
    creator: filters.creator || undefined,
    ...timeRange(filters, now),
  }
}
