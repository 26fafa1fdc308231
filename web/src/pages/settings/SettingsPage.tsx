/* SPDX-License-Identifier: MIT */
import { useTranslation } from 'react-i18next'
import { api } from '../../api/client'
import { Page } from '../../components/layout/Page'
import { ErrorState } from '../../components/state/ErrorState'
import { PageLoading } from '../../components/state/PageLoading'
import { Tabs } from '../../components/Tabs'
import { useResource } from '../../hooks/useResource'
import { TaskSettingsForm } from './TaskSettingsForm'

function TaskSettingsTab() {
  const { data, error, refresh } = useResource('task-settings', async (signal) => {
    const [settings, fields] = await Promise.all([
      api.system.getTaskSettings({}, { signal }),
      api.system.listTaskSettingFields({}, { signal }),
    ])
    return { settings, fields }
  })
  if (!data) return error === undefined ? <PageLoading /> : <ErrorState error={error} onRetry={refresh} />
  return <TaskSettingsForm settings={data.settings} fields={data.fields} onSaved={refresh} />
}

export default function SettingsPage() {
  const { t } = useTranslation()
  return (
    <Page title={t('settings.title')}>
      <Tabs
        label={t('settings.title')}
        active="task"
        onChange={() => undefined}
        tabs={[{ key: 'task', label: t('settings.task'), content: <TaskSettingsTab /> }]}
      />
    </Page>
  )
}
