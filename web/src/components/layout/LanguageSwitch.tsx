/* SPDX-License-Identifier: MIT */
import { GlobalOutlined } from '@ant-design/icons'
import { useTranslation } from 'react-i18next'
import { chooseLanguage, languages } from '../../i18n'
import { useLanguage } from '../../i18n/useLanguage'
import { ChoiceMenu } from './ChoiceMenu'

const options = languages.map(({ code, name }) => ({ value: code, text: name }))

export function LanguageSwitch() {
  const { t } = useTranslation()
  const language = useLanguage()
  return (
    <ChoiceMenu
      label={t('header.language')}
      icon={<GlobalOutlined />}
      options={options}
      value={language}
      onChoose={(code) => void chooseLanguage(code)}
    />
  )
}
