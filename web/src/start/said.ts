import { Problem, Unreachable } from '../engine/http'

/** An error in words for a person at the machine itself. */
export function said(error: unknown): string {
  if (error instanceof Unreachable) return 'The engine does not answer. Is it still running?'
  if (error instanceof Problem) return [error.detail, ...error.errors.map((fault) => fault.detail)].join('; ')
  return error instanceof Error ? error.message : 'Something went wrong.'
}
