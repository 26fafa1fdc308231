/* SPDX-License-Identifier: MIT */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chooseLanguage, startI18n } from '../i18n'
import { ApiError, errorText } from './errors'

beforeAll(async () => {
  await startI18n()
  await chooseLanguage('zh')
})
afterAll(() => chooseLanguage('en'))

const refused = (text: string) => errorText(new ApiError('refused', 401, 'E4011', text))

test('what the service says is said in the language of the person', () => {
  expect(refused('Invalid username or password')).toBe('用户名或密码错误')
  expect(refused('Too many sign-ins in vain, please try again in 37 seconds')).toBe('登录失败次数过多，请在 37 秒后重试')
})

test('what there are no words for is shown as it came', () => {
  expect(refused('file_key 7 is wrong')).toBe('file_key 7 is wrong')
  expect(refused('constructor')).toBe('constructor')
  expect(errorText('torn')).toBe('torn')
})

test('no answer is no sentence of the browser', () => {
  expect(errorText(new ApiError('network', 0, '', 'Failed to fetch'))).toBe('服务没有响应。')
})
