/* SPDX-License-Identifier: MIT */
/* How the console is built. The sources use nothing that only Vite knows. */
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import license from 'rollup-plugin-license'
import { defineConfig } from 'vitest/config'
import type { Plugin } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/* Ant Design writes its styles into <style> elements through this module of rc-util. A policy without inline styles forbids
   that, so ours takes its place and uses constructed style sheets. */
function stylesWithoutInline(): Plugin {
  return {
    name: 'styles-without-inline',
    enforce: 'pre',
    async resolveId(source, importer, options) {
      if (!source.endsWith('Dom/dynamicCSS')) return null
      const found = await this.resolve(source, importer, { ...options, skipSelf: true })
      return found?.id.includes('rc-util') ? here('./src/theme/dynamicCSS.ts') : found
    },
  }
}

/* All icons are made by one component, which ours stands around. */
function iconsForTheEyes(): Plugin {
  const ours = here('./src/theme/AntdIcon.tsx')
  return {
    name: 'icons-for-the-eyes',
    enforce: 'pre',
    resolveId: (source, importer) => (source.endsWith('/AntdIcon') && importer !== ours && importer?.includes('@ant-design/icons') ? ours : null),
  }
}

export default defineConfig({
  base: './',
  plugins: [stylesWithoutInline(), iconsForTheEyes(), react()],
  build: {
    target: 'es2021',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rollupOptions: {
      plugins: [license({ thirdParty: { output: here('./dist/THIRD-PARTY.txt') } })],
    },
  },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/readyz'].map((path) => [path, { target: process.env.TASKYARD_URL ?? 'http://127.0.0.1:8080' }]),
    ),
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
  },
})
