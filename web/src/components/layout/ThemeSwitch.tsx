/* SPDX-License-Identifier: MIT */
import { MoonOutlined, SunOutlined } from '@ant-design/icons'
import { useTranslation } from 'react-i18next'
import { useTheme } from '../../theme/ThemeContext'
import { ChoiceMenu } from './ChoiceMenu'

export function ThemeSwitch() {
  const { t } = useTranslation()
  const { choice, dark, choose } = useTheme()
  const options = [
    { value: 'system', text: t('header.themes.system') },
    { value: 'light', text: t('header.themes.light') },
    { value: 'dark', text: t('header.themes.dark') },
  ] as const
  return (
    <ChoiceMenu
      label={t('header.theme')}
      icon={dark ? <MoonOutlined /> : <SunOutlined />}
      options={options}
      value={choice}
      onChoose={choose}
    />
  )
}
