/* SPDX-License-Identifier: MIT */
/* Ant Design in our colours, chosen so that text on every surface has a contrast of at least 4.5. */
import { theme, type ThemeConfig } from 'antd'

const shared = {
  borderRadius: 6,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK SC", sans-serif',
}

const light: ThemeConfig = {
  algorithm: theme.defaultAlgorithm,
  token: {
    ...shared,
    colorPrimary: '#1c5fd4',
    colorLink: '#1c5fd4',
    colorError: '#c4282f',
    colorSuccess: '#1d7a3a',
    colorWarning: '#96590a',
    colorTextBase: '#16202e',
    colorTextSecondary: '#4a5668',
    colorTextTertiary: '#5a6678',
    colorTextDescription: '#4a5668',
    colorTextPlaceholder: '#647084',
    colorBgLayout: '#f4f6f9',
    colorBorder: '#c3cbd6',
    colorWarningBg: '#fff4dc',
    colorWarningBorder: '#e3c27a',
  },
  /* What the algorithm makes of a colour under the mouse is too light for white text. */
  components: {
    Button: { colorPrimaryHover: '#164fb5', colorPrimaryActive: '#123f91', colorErrorHover: '#a51f26', colorErrorActive: '#86171d' },
  },
}

const dark: ThemeConfig = {
  algorithm: theme.darkAlgorithm,
  token: {
    ...shared,
    colorPrimary: '#2f6fe0',
    colorLink: '#7fb0ff',
    colorLinkHover: '#a8c9ff',
    colorError: '#e0525a',
    colorErrorText: '#ff8a8f',
    colorSuccess: '#3fa663',
    colorWarning: '#d9a13b',
    colorTextBase: '#e8edf4',
    colorTextSecondary: '#aab6c6',
    colorTextTertiary: '#9aa7b8',
    colorTextDescription: '#aab6c6',
    colorTextPlaceholder: '#8e9bad',
    colorBgBase: '#11161d',
    colorBgLayout: '#0c1016',
    colorBgContainer: '#161c25',
    colorBgElevated: '#1d2530',
    colorBorder: '#3a4656',
    colorBorderSecondary: '#28323f',
  },
  components: {
    Form: { colorError: '#ff8a8f' },
    Button: {
      colorError: '#ff8a8f',
      colorErrorHover: '#ffb0b3',
      colorErrorActive: '#ff8a8f',
      dangerColor: '#2b0709',
      colorLink: '#7fb0ff',
      colorPrimaryHover: '#2861cc',
      colorPrimaryActive: '#2255b5',
      defaultHoverColor: '#a8c9ff',
      defaultHoverBorderColor: '#7fb0ff',
      defaultActiveColor: '#7fb0ff',
      defaultActiveBorderColor: '#7fb0ff',
    },
  },
}

export function antTheme(isDark: boolean): ThemeConfig {
  return isDark ? dark : light
}
