import { Problem, Unreachable } from '../engine/http'

/** Returns the text of an error for a person at the engine's own machine. */
export function said(error: unknown): string {
  if (error instanceof Unreachable) return 'The engine does not answer. Is it still running?'
  if (error instanceof Problem) return [error.detail, ...error.errors.map((fault) => fault.detail)].join('; ')
  return error instanceof Error ? error.message : 'Something went wrong.'
}
