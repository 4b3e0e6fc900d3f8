/** Inviting people: each of them gets a link of their own. The engine sends nothing: the links are copied or taken away. */

import { useQuery } from '@tanstack/react-query'
import { Link, getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { Field } from '../../ui/Field'
import { Loading } from '../../ui/Loading'
import { Tabs } from '../../ui/Tabs'
import { Trouble } from '../../ui/Trouble'
import { View } from '../../ui/View'
import { allGuidesQuery } from '../guides/queries'
import { useMay } from '../session/session'
import { Invited } from './Invited'
import { ManyPeople } from './ManyPeople'
import { OnePerson } from './OnePerson'

const route = getRouteApi('/invite')

export function InvitePage() {
  const { guide: asked } = route.useSearch()
  const navigate = useNavigate()
  const may = useMay('researcher')
  const guides = useQuery(allGuidesQuery)
  const [way, setWay] = useState<'one' | 'many'>('one')
  const guide = guides.data?.find((one) => one.id === asked) ?? (asked === undefined ? guides.data?.[0] : undefined)

  return (
    <View
      title="Invite"
      lead="Everybody gets a link of their own, for one interview in their browser. Nothing is sent by the engine: copy the links, or take them away as a file."
    >
      {guides.isPending && <Loading what="the studies" />}
      <Trouble error={guides.error} retry={() => void guides.refetch()} />
      {guides.data?.length === 0 && (
        <div className="empty">
          <p>There is no study to invite to yet.</p>
          <p>
            <Link to="/studies/new">Write the first one</Link>
          </p>
        </div>
      )}
      {!may && <p className="card">Researchers invite people. Your role is to read: these are the invitations.</p>}
      {guides.data !== undefined && guides.data.length > 0 && (
        <>
          <div className="filters one">
            <Field label="Study">
              {(control) => (
                <select
                  {...control}
                  value={guide?.id ?? ''}
                  onChange={(event) =>
                    void navigate({ to: '/invite', search: { guide: event.target.value }, resetScroll: false })
                  }
                >
                  {guide === undefined && <option value="">Choose a study</option>}
                  {guides.data.map((one) => (
                    <option key={one.id} value={one.id}>
                      {one.name}
                    </option>
                  ))}
                </select>
              )}
            </Field>
          </div>
          {guide !== undefined && (
            <>
              {may && (
                <Tabs
                  label="How many"
                  value={way}
                  onChange={setWay}
                  tabs={[
                    { name: 'one', label: 'One person', content: <OnePerson key={guide.id} guide={guide.id} /> },
                    { name: 'many', label: 'A list of people', content: <ManyPeople key={guide.id} guide={guide} /> },
                  ]}
                />
              )}
              <Invited guide={guide.id} />
            </>
          )}
        </>
      )}
    </View>
  )
}
