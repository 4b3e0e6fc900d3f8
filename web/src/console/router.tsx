/** Which view stands at which address. Each view's code is fetched when it is first opened. */

import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { Broken, Frame, NotFound } from './Frame'
import { type Search, oneOf, parseSearch, set, stringifySearch, text } from './address'
import { findingsSearch } from './findings/search'
import { interviewsSearch } from './interviews/search'

const root = createRootRoute({ component: Frame, notFoundComponent: NotFound, errorComponent: Broken })
const under = { getParentRoute: () => root } as const

const home = createRoute({
  ...under,
  path: '/',
  component: lazyRouteComponent(() => import('./home/HomePage'), 'HomePage'),
})

const interviews = createRoute({
  ...under,
  path: 'interviews',
  validateSearch: interviewsSearch,
  component: lazyRouteComponent(() => import('./interviews/InterviewsPage'), 'InterviewsPage'),
})
export const VIEWS = ['transcript', 'answers', 'alerts'] as const
const interview = createRoute({
  ...under,
  path: 'interviews/$id',
  validateSearch: (search: Search) => set({ view: oneOf(VIEWS, search['view']), at: text(search['at']) }),
  component: lazyRouteComponent(() => import('./interviews/InterviewPage'), 'InterviewPage'),
})

const guides = createRoute({
  ...under,
  path: 'studies',
  validateSearch: (search: Search) => set({ name: text(search['name']), tag: text(search['tag']) }),
  component: lazyRouteComponent(() => import('./guides/GuidesPage'), 'GuidesPage'),
})
const newGuide = createRoute({
  ...under,
  path: 'studies/new',
  component: lazyRouteComponent(() => import('./guides/NewGuidePage'), 'NewGuidePage'),
})
const guide = createRoute({
  ...under,
  path: 'studies/$id',
  component: lazyRouteComponent(() => import('./guides/GuidePage'), 'GuidePage'),
})
const versions = createRoute({
  ...under,
  path: 'studies/$id/versions',
  validateSearch: (search: Search) => set({ from: text(search['from']), to: text(search['to']) }),
  component: lazyRouteComponent(() => import('./guides/VersionsPage'), 'VersionsPage'),
})

const invite = createRoute({
  ...under,
  path: 'invite',
  validateSearch: (search: Search) => set({ guide: text(search['guide']) }),
  component: lazyRouteComponent(() => import('./invite/InvitePage'), 'InvitePage'),
})

const findings = createRoute({
  ...under,
  path: 'findings',
  validateSearch: findingsSearch,
  component: lazyRouteComponent(() => import('./findings/FindingsPage'), 'FindingsPage'),
})
const reports = createRoute({
  ...under,
  path: 'findings/reports',
  validateSearch: (search: Search) => set({ guide: text(search['guide']) }),
  component: lazyRouteComponent(() => import('./findings/ReportsPage'), 'ReportsPage'),
})
const report = createRoute({
  ...under,
  path: 'findings/reports/$id',
  component: lazyRouteComponent(() => import('./findings/ReportPage'), 'ReportPage'),
})

const operations = createRoute({
  ...under,
  path: 'operations',
  beforeLoad: () => {
    throw redirect({ to: '/operations/alerts', replace: true })
  },
})
const alerts = createRoute({
  ...under,
  path: 'operations/alerts',
  validateSearch: (search: Search) => set({ show: oneOf(['all'] as const, search['show']) }),
  component: lazyRouteComponent(() => import('./operations/AlertsPage'), 'AlertsPage'),
})
const STATES = ['queued', 'running', 'completed', 'failed', 'cancelled'] as const
const tasks = createRoute({
  ...under,
  path: 'operations/tasks',
  validateSearch: (search: Search) => set({ state: oneOf(STATES, search['state']) }),
  component: lazyRouteComponent(() => import('./operations/TasksPage'), 'TasksPage'),
})
const webhooks = createRoute({
  ...under,
  path: 'operations/webhooks',
  component: lazyRouteComponent(() => import('./operations/WebhooksPage'), 'WebhooksPage'),
})
const webhook = createRoute({
  ...under,
  path: 'operations/webhooks/$id',
  component: lazyRouteComponent(() => import('./operations/WebhookPage'), 'WebhookPage'),
})
const keys = createRoute({
  ...under,
  path: 'operations/keys',
  component: lazyRouteComponent(() => import('./operations/KeysPage'), 'KeysPage'),
})
const users = createRoute({
  ...under,
  path: 'operations/users',
  component: lazyRouteComponent(() => import('./operations/UsersPage'), 'UsersPage'),
})
const audit = createRoute({
  ...under,
  path: 'operations/audit',
  validateSearch: (search: Search) =>
    set({ entity: text(search['entity']), id: text(search['id']), actor: text(search['actor']) }),
  component: lazyRouteComponent(() => import('./operations/AuditPage'), 'AuditPage'),
})

const routeTree = root.addChildren([
  home,
  interviews,
  interview,
  guides,
  newGuide,
  guide,
  versions,
  invite,
  findings,
  reports,
  report,
  operations,
  alerts,
  tasks,
  webhooks,
  webhook,
  keys,
  users,
  audit,
])

export const router = createRouter({
  routeTree,
  basepath: '/console',
  parseSearch,
  stringifySearch,
  scrollRestoration: true,
  defaultPreload: 'intent',
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
  interface HistoryState {
    /** What was made a moment ago, for the view that is opened next. */
    said?: string
  }
}
