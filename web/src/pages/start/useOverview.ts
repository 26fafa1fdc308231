/* SPDX-License-Identifier: MIT */
/* The figures of the start page: one call, every 5 seconds while the page is seen, and at once when it is seen again. Soon after
   its start the service knows some of the hours only, and learns of more with each call: then every second. */
import { useEffect, useRef } from 'react'
import { api } from '../../api/client'
import type { Overview, ServiceStatus } from '../../api/types'
import { usePoll } from '../../hooks/usePoll'
import { useResource, type Resource } from '../../hooks/useResource'
import { useVisible } from '../../hooks/useVisible'

export const overviewPollMs = 5_000
export const fillingPollMs = 1_000
const wholeDay = 24

export function useOverview(): Resource<Overview> {
  const resource = useResource('overview', (signal) => api.system.getOverview({}, { signal }))
  const { data, refresh } = resource
  const interval = data && data.outcomes.length < wholeDay ? fillingPollMs : overviewPollMs
  const visible = useVisible()
  const wasVisible = useRef(visible)
  usePoll(refresh, visible ? interval : null)
  useEffect(() => {
    if (visible && !wasVisible.current) refresh()
    wasVisible.current = visible
  }, [visible, refresh])
  return resource
}

/** What hardly ever changes: once, and again after an outage. */
export function useService(allowed: boolean): ServiceStatus | undefined {
  return useResource(allowed ? 'status' : null, (signal) => api.system.getStatus({}, { signal })).data
}
