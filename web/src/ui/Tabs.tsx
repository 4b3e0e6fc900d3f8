/** Tabs in the same view. */

import * as Radix from '@radix-ui/react-tabs'
import type { ReactNode } from 'react'

export interface Tab<Name extends string> {
  name: Name
  label: ReactNode
  content: ReactNode
}

interface TabsProps<Name extends string> {
  label: string
  tabs: Tab<Name>[]
  value: Name
  onChange: (name: Name) => void
}

export function Tabs<Name extends string>({ label, tabs, value, onChange }: TabsProps<Name>) {
  return (
    <Radix.Root value={value} onValueChange={(name) => onChange(name as Name)} activationMode="manual">
      <Radix.List className="tabs" aria-label={label}>
        {tabs.map((tab) => (
          <Radix.Trigger key={tab.name} value={tab.name} className="tab">
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content key={tab.name} value={tab.name} className="tab-content">
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  )
}
