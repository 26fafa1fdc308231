/* SPDX-License-Identifier: MIT */
/* Ant Design in the theme and the language of the person. Its styles go into a layer that ours stand above. */
import { StyleProvider } from '@ant-design/cssinjs'
import { App, ConfigProvider } from 'antd'
import { useEffect, useState, type ComponentProps, type ReactNode } from 'react'
import { useLanguage } from '../i18n/useLanguage'
import { antTheme } from './antTheme'
import { useTheme } from './ThemeContext'

/* Else a button of two Chinese characters without a picture has them further apart than those of its neighbours. */
const withoutSpace = { autoInsertSpace: false }

type Locale = ComponentProps<typeof ConfigProvider>['locale']

function useAntLocale(): Locale {
  const language = useLanguage()
  const [chinese, setChinese] = useState<Locale>()
  useEffect(() => {
    if (language === 'zh') void import('antd/es/locale/zh_CN').then((module) => setChinese(module.default))
  }, [language])
  return language === 'zh' ? chinese : undefined
}

export function AntProvider({ children }: { children: ReactNode }) {
  const { dark } = useTheme()
  const locale = useAntLocale()
  return (
    <StyleProvider layer>
      {/* Our lists are short, and in a virtual one the options have no role. */}
      <ConfigProvider theme={antTheme(dark)} locale={locale} virtual={false} button={withoutSpace}>
        <App>{children}</App>
      </ConfigProvider>
    </StyleProvider>
  )
}
