/* SPDX-License-Identifier: MIT */
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App'
import { startI18n } from './i18n'
import './styles/base.css'
import './styles/layout.css'
import './styles/task.css'
import './styles/log.css'
import './styles/table.css'

async function start(root: HTMLElement): Promise<void> {
  await startI18n()
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  )
}

const root = document.getElementById('root')
if (root) void start(root)
