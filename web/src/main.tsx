import './ui/base.css'
import { StrictMode, Suspense, lazy } from 'react'
import { createRoot } from 'react-dom/client'
import { tokenOf } from './route'
import { Boundary } from './ui/Boundary'

// Each page fetches only its own part.
const CallPage = lazy(async () => ({ default: (await import('./call/CallPage')).CallPage }))
const StartPage = lazy(async () => ({ default: (await import('./start/StartPage')).StartPage }))

const token = tokenOf(window.location.pathname)
const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no root')
createRoot(root).render(
  <StrictMode>
    <Boundary>
      <Suspense fallback={null}>{token === null ? <StartPage /> : <CallPage token={token} />}</Suspense>
    </Boundary>
  </StrictMode>,
)
