/* SPDX-License-Identifier: MIT */
/* Light, dark, or what the system says; remembered in this browser. */
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react'
import { readStored, writeStored } from '../format/stored'
import { useMediaQuery } from '../hooks/useMediaQuery'

export type ThemeChoice = 'system' | 'light' | 'dark'

export interface ThemeState {
  choice: ThemeChoice
  dark: boolean
  choose: (choice: ThemeChoice) => void
}

const key = 'taskyard.theme'
const choices: readonly ThemeChoice[] = ['system', 'light', 'dark']

const ThemeContext = createContext<ThemeState | null>(null)

export function ThemeProvider({ children }: { children: ReactNode }) {
  const [choice, setChoice] = useState(() => readStored(key, choices, 'system'))
  const systemDark = useMediaQuery('(prefers-color-scheme: dark)')
  const dark = choice === 'dark' || (choice === 'system' && systemDark)

  useEffect(() => {
    document.documentElement.dataset.theme = dark ? 'dark' : 'light'
  }, [dark])

  const state = useMemo(() => {
    const choose = (next: ThemeChoice) => {
      writeStored(key, next)
      setChoice(next)
    }
    return { choice, dark, choose }
  }, [choice, dark])

  return <ThemeContext.Provider value={state}>{children}</ThemeContext.Provider>
}

export function useTheme(): ThemeState {
  const state = useContext(ThemeContext)
  if (!state) throw new Error('useTheme needs a ThemeProvider')
  return state
}
