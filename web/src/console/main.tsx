import '../ui/base.css'
import './console.css'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Problem } from '../engine/http'
import { Boundary } from '../ui/Boundary'
import { router } from './router'
import { SessionGate } from './session/SessionGate'

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What the engine refuses it refuses again. What did not reach it may reach it now.
      retry: (count, error) => !(error instanceof Problem && error.status < 500) && count < 2,
    },
  },
})

const root = document.getElementById('root')
if (root === null) throw new Error('console.html has no root')
createRoot(root).render(
  <StrictMode>
    <Boundary>
      <QueryClientProvider client={queries}>
        <SessionGate>
          <RouterProvider router={router} />
        </SessionGate>
      </QueryClientProvider>
    </Boundary>
  </StrictMode>,
)
