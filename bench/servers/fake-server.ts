import express from 'express';
import type { JsonObject } from '../../src/core/json.ts';
import { loadFake } from '../../src/vendors/fakes.ts';

/** The fake vendor in a process of its own, so that its work is not counted as Causeway's; it keeps nothing on disk. */

const fake = await loadFake('crankwheel');
const app = express();
app.get('/readyz', (_request, response) => void response.json({ status: 'ok' }));
app.use(
  await fake.create({
    all: async () => new Map<string, JsonObject>(),
    put: async () => {},
    delete: async () => {},
  }),
);
app.listen(Number(process.env['PORT']), '127.0.0.1');
