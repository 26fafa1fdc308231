/* SPDX-License-Identifier: MIT */
import { useSyncExternalStore } from 'react'
import { connection, type ConnectionState } from './connection'

export function useConnection(): ConnectionState {
  return useSyncExternalStore(connection.subscribe, connection.current)
}

/** A number that changes when the service answers again after it did not. */
export function useRecovery(): number {
  return useSyncExternalStore(connection.subscribe, connection.recovery)
}
