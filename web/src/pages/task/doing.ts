/* SPDX-License-Identifier: MIT */
/* What the processes of a task are doing, in one sentence of the person's language. */
import type { TFunction } from 'i18next'
import type { TaskDoing, TaskProcess, TaskProcesses } from '../../api/types'
import { percentText } from '../../format/percent'
import { duration } from '../../format/time'
import en from '../../i18n/en'

interface Words {
  t: TFunction
  language: string
  seen: TaskProcesses
}

function processOf({ seen }: Words, step: TaskDoing): TaskProcess | undefined {
  return seen.processes.find(({ pid }) => pid === step.pid)
}

function blockedText(words: Words, step: TaskDoing): string {
  const { t, language } = words
  const process = processOf(words, step)
  const what = t(`process.blockedIn.${step.code}`, {
    thing: t(`process.thing.${process?.waits_on?.kind ?? 'other'}`),
    target: process?.waits_on?.target ?? '',
    where: process?.wait_channel ?? t('process.thing.kernel'),
    call: process?.system_call ?? '',
  }).trim()
  if (step.for_ms) return t('process.blockedFor', { what, time: duration(step.for_ms, language) })
  if (step.silent_ms) return t('process.blockedSilent', { what, time: duration(step.silent_ms, language) })
  return t('process.blocked', { what })
}

function stepText(words: Words, step: TaskDoing): string {
  const { t, language, seen } = words
  if (Object.hasOwn(en.process.blockedIn, step.code)) return blockedText(words, step)
  const percent = percentText(step.cpu_percent ?? 0, language)
  if (step.code === 'busy' && step.for_ms) return t('process.busyFor', { percent, time: duration(step.for_ms, language) })
  return t(`process.sentence.${step.code}`, { percent, count: Math.max(0, (seen.total ?? 1) - 1) })
}

/* Around the words for the child that is waited for. */
function around(words: Words, child: TaskDoing, what: string): string {
  const name = processOf(words, child)?.name ?? ''
  return child.code === 'sleeping' ? words.t('process.childNamed', { name }) : words.t('process.childWhich', { name, what })
}

function isKnown({ code }: TaskDoing): boolean {
  return code === 'ended' || Object.hasOwn(en.process.sentence, code) || Object.hasOwn(en.process.blockedIn, code)
}

/** The service's own sentence, in English, where it says something that we have no words for. */
export function doingText(t: TFunction, language: string, seen: TaskProcesses): string {
  const words = { t, language, seen }
  const last = seen.doing.at(-1)
  if (!last || !seen.doing.every(isKnown)) return seen.summary
  return seen.doing.slice(1).reduceRight((what, child) => around(words, child, what), stepText(words, last))
}
