/** Every state of the pages. Each is inspected by some test; `whole.test.ts` sees to it that none is forgotten. */

export const STATES = [
  // The start page.
  'start-loading',
  'start-empty',
  'start',
  'start-link-made',
  'start-failed',
  // Before the call.
  'loading',
  'welcome',
  'welcome-back',
  'check-before',
  'check',
  'microphone-blocked',
  'microphone-missing',
  'microphone-busy',
  'microphone-insecure',
  'microphone-failed',
  'microphone-silent',
  'joining',
  // The conversation.
  'conversation-connecting',
  'conversation-connecting-slow',
  'conversation-speaking',
  'conversation-listening',
  'conversation-thinking',
  'conversation-silent',
  'conversation-unplugged',
  'conversation-muted-page',
  'conversation-paused',
  'conversation-reconnecting',
  'conversation-complaint',
  'sound-settings',
  'leave',
  'stop-recording',
  'lost',
  'elsewhere',
  'ending',
  // No call.
  'trouble-unknown',
  'trouble-expired',
  'trouble-elsewhere',
  'trouble-full',
  'trouble-offline',
  'trouble-browser',
  'trouble-engine',
  // The end.
  'thanks-completed',
  'thanks-completed-unrecorded',
  'thanks-completed-partly-recorded',
  'thanks-declined',
  'thanks-left',
  'thanks-failed',
  'thanks-closed',
  'thanks-again',
  'broken',
  // The report, as a file.
  'report',
] as const

export type State = (typeof STATES)[number]
