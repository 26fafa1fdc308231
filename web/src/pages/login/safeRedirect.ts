/* SPDX-License-Identifier: MIT */
/** Where to go after signing in: an address of this console and no other, whatever the link said. */
export function safeRedirect(wanted: string | null): string {
  const own = wanted !== null && /^\/(?![/\\])/.test(wanted)
  return own && !wanted.startsWith('/login') ? wanted : '/'
}
