/** A view for admins, and what others see instead. */

import type { ReactNode } from 'react'
import { View } from '../../ui/View'
import { useMe } from '../session/session'
import { OperationsTabs } from './OperationsTabs'

export function AdminOnly({ title, children }: { title: string; children: ReactNode }) {
  const { role } = useMe()
  if (role === 'admin') return children
  return (
    <View title={title}>
      <OperationsTabs />
      <p className="empty">Only admins see this. Your role is {role}.</p>
    </View>
  )
}
