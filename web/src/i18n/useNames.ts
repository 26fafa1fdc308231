/* SPDX-License-Identifier: MIT */
/* Words for codes of the service. A code that we have no word for is shown as it is. */
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import en from './en'

export interface Names {
  type: (type: string) => string
  event: (kind: string) => string
}

/** Whether we have a word for a code, whatever it is: codes come from outside. */
export function isKnown(group: 'type' | 'event' | 'stop' | 'detail', code: string): boolean {
  return Object.hasOwn(en[group], code)
}

export function useNames(): Names {
  const { t } = useTranslation()
  return useMemo(() => {
    const word = (group: 'type' | 'event', code: string) => (isKnown(group, code) ? t(`${group}.${code}`) : code)
    return { type: (type) => word('type', type), event: (kind) => word('event', kind) }
  }, [t])
}
