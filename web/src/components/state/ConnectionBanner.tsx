/* SPDX-License-Identifier: MIT */
import { Alert } from 'antd'
import { useEffect, useRef, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { useConnection } from '../../connection/useConnection'

function subscribe(listener: () => void): () => void {
  window.addEventListener('online', listener)
  window.addEventListener('offline', listener)
  return () => {
    window.removeEventListener('online', listener)
    window.removeEventListener('offline', listener)
  }
}

/* What sticks to the lower edge of the window has to stay above the banner. */
function useRoomBelow() {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const element = box.current
    if (!element) return undefined
    const { style } = document.documentElement
    const observer = new ResizeObserver(() => style.setProperty('--banner', `${element.offsetHeight}px`))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return box
}

/** Says that what is shown may be out of date, and why. Lies over the page, so that nothing moves. */
export function ConnectionBanner() {
  const { t } = useTranslation()
  const connection = useConnection()
  const online = useSyncExternalStore(subscribe, () => navigator.onLine)
  const box = useRoomBelow()
  let text: string | null = null
  if (connection === 'unavailable') text = t('state.unavailable')
  if (connection === 'unreachable') text = t('state.unreachable')
  if (!online) text = t('state.browserOffline')
  return (
    <div className="connection" role="status" ref={box}>
      {text && <Alert type="warning" banner message={text} />}
    </div>
  )
}
