// Scalar's mock server is a library: this is the least program that serves a document with it.
import { serve } from '@hono/node-server'
import { createMockServer } from '@scalar/mock-server'

const [file, port] = process.argv.slice(2)
const app = await createMockServer({ document: file })
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(port) })
