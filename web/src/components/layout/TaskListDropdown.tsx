/* SPDX-License-Identifier: MIT */
/* The recent tasks of the user in the header. It only shows: SiteContext fetches. */
import { UnorderedListOutlined } from '@ant-design/icons'
import { Badge, Button, Popover } from 'antd'
import type { KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'react-router-dom'
import { isActive } from '../../format/task'
import { useSite } from '../../site/SiteContext'
import { EmptyState } from '../state/EmptyState'
import { TaskListItem } from './TaskListItem'

function TaskList({ onLeave }: { onLeave: () => void }) {
  const { t } = useTranslation()
  const { tasks } = useSite()
  return (
    <section className="recent" aria-label={t('recent.title')}>
      <h2>{t('recent.title')}</h2>
      {tasks.length === 0 && <EmptyState text={t('recent.empty')} />}
      <ul className="recent-list">
        {tasks.map((task) => (
          <TaskListItem key={task.id} task={task} onLeave={onLeave} />
        ))}
      </ul>
      <Link to="/tasks" className="recent-more" onClick={onLeave}>
        {t('recent.more')}
      </Link>
    </section>
  )
}

export function TaskListDropdown() {
  const { t } = useTranslation()
  const { tasks, tasksDropdownOpen, setTasksDropdownOpen } = useSite()
  const active = tasks.filter(isActive).length
  const close = () => setTasksDropdownOpen(false)
  const closeOnEscape = (event: KeyboardEvent) => {
    if (event.key === 'Escape') close()
  }
  return (
    <Popover
      trigger="click"
      placement="bottomRight"
      open={tasksDropdownOpen}
      onOpenChange={setTasksDropdownOpen}
      getPopupContainer={(trigger) => trigger.parentElement ?? document.body}
      content={
        // eslint-disable-next-line jsx-a11y/no-static-element-interactions -- Escape works wherever the focus is inside
        <div onKeyDown={closeOnEscape}>
          <TaskList onLeave={close} />
        </div>
      }
    >
      <Button
        type="text"
        aria-expanded={tasksDropdownOpen}
        aria-label={active > 0 ? t('recent.buttonActive', { count: active }) : t('recent.button')}
        onKeyDown={closeOnEscape}
        icon={
          <Badge count={active} size="small" offset={[4, -2]}>
            <UnorderedListOutlined />
          </Badge>
        }
      />
    </Popover>
  )
}
