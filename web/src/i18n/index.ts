/* SPDX-License-Identifier: MIT */
/* The languages of the console. English is built in; others are fetched when they are chosen. */
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { readStored, writeStored } from '../format/stored'
import en from './en'

export type Language = 'en' | 'zh'

export const languages: readonly { code: Language; name: string }[] = [
  { code: 'en', name: 'English' },
  { code: 'zh', name: '中文' },
]

const codes = languages.map(({ code }) => code)
const key = 'i18nextLng'

function browserLanguage(): Language {
  return codes.find((code) => navigator.language.toLowerCase().startsWith(code)) ?? 'en'
}

async function addTexts(language: Language): Promise<void> {
  if (language === 'en' || i18next.hasResourceBundle(language, 'translation')) return
  const texts = await import('./zh')
  i18next.addResourceBundle(language, 'translation', texts.default)
}

async function show(language: Language): Promise<void> {
  await addTexts(language)
  await i18next.changeLanguage(language)
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
}

export async function startI18n(): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: { en: { translation: en } },
    lng: 'en',
    fallbackLng: 'en',
    interpolation: { escapeValue: false },
    showSupportNotice: false,
    returnEmptyString: false,
  })
  await show(readStored(key, codes, browserLanguage()))
}

export async function chooseLanguage(language: Language): Promise<void> {
  writeStored(key, language)
  await show(language)
}
