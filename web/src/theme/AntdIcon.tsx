/* SPDX-License-Identifier: MIT */
/* Stands around the component of all icons (see vite.config.ts). By itself that tells screen readers the English name of the
   drawing. Ours are beside words or inside of what has a name, and are for the eyes alone; one that has a label keeps it. */
import Icon from '@ant-design/icons/es/components/AntdIcon'
import { forwardRef, type ComponentPropsWithoutRef } from 'react'

export default forwardRef<HTMLSpanElement, ComponentPropsWithoutRef<typeof Icon>>(function IconForTheEyes(props, ref) {
  const named = props['aria-label'] !== undefined
  return <Icon role={named ? 'img' : undefined} aria-label={undefined} aria-hidden={!named} {...props} ref={ref} />
})
