import { defineConfig } from 'vitest/config'

// One after the other: each test has a browser and an engine, and speech keeps time with the wall clock.
export default defineConfig({
  test: {
    include: ['tests/{browser,console}/*.test.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
