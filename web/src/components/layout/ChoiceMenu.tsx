/* SPDX-License-Identifier: MIT */
import { Button, Dropdown } from 'antd'
import type { ReactNode } from 'react'

interface Props<T extends string> {
  label: string
  icon: ReactNode
  options: readonly { value: T; text: string }[]
  value: T
  onChoose: (value: T) => void
}

/** A button with an icon that opens a short list to choose one of. */
export function ChoiceMenu<T extends string>({ label, icon, options, value, onChoose }: Props<T>) {
  const items = options.map((option) => ({ key: option.value, label: option.text }))
  const choose = (key: string) => {
    const option = options.find((candidate) => candidate.value === key)
    if (option) onChoose(option.value)
  }
  return (
    <Dropdown
      autoFocus
      trigger={['click']}
      placement="bottomRight"
      menu={{ items, selectable: true, selectedKeys: [value], onClick: ({ key }) => choose(key) }}
    >
      <Button type="text" icon={icon} aria-label={label} title={label} aria-haspopup="menu" />
    </Dropdown>
  )
}
