/* SPDX-License-Identifier: MIT */
/* Short names for the generated types. */
import type { components } from './generated/schema'

type Schemas = components['schemas']

export type Task = Schemas['Task']
export type TaskStatus = Schemas['TaskStatus']
export type TaskAttempt = Schemas['TaskAttempt']
export type TaskDoing = Schemas['TaskDoing']
export type TaskProcess = Schemas['TaskProcess']
export type TaskProcesses = Schemas['TaskProcesses']
export type TaskEvent = Schemas['TaskEvent']
export type TaskLogLine = Schemas['TaskLogLine']
export type TaskSettings = Schemas['TaskSettings']
export type TaskType = Schemas['TaskType']
export type TaskSettingField = Schemas['TaskSettingField']
export type User = Schemas['User']
export type UserStatus = Schemas['UserStatus']
export type Role = Schemas['Role']
export type AuditEvent = Schemas['AuditEvent']
export type ServiceStatus = Schemas['Status']
export type Overview = Schemas['Overview']
export type HourOutcome = Schemas['HourOutcome']
export type TypeOverview = Schemas['TypeOverview']
export type Site = Schemas['Site']

export const taskStatuses: readonly TaskStatus[] = ['pending', 'running', 'success', 'failed', 'cancelled']
