import type { AddressInfo } from 'node:net';
import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Log } from '../../src/core/ports.ts';
import { sendPieces } from '../../src/scim/answer.ts';
import { scimErrorHandler } from '../../src/scim/error-handler.ts';

/** Where an answer of these pieces is served, and the messages of its error log. */
async function serve(pieces: () => AsyncIterable<string>): Promise<{ url: string; errors: string[] }> {
  const errors: string[] = [];
  const log: Log = {
    debug() {},
    info() {},
    warn() {},
    error: (_fields, message) => void errors.push(message),
  };
  const app = express();
  app.get('/', (request, response) => sendPieces(request, response, 200, pieces()));
  app.use(scimErrorHandler(log));
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, errors };
}

const LARGE = 'x'.repeat(300_000);

async function* failingAfter(...pieces: string[]): AsyncGenerator<string> {
  yield* pieces;
  throw new Error('The table is gone.');
}

describe('An answer in pieces', () => {
  it('that is small is sent with its length', async () => {
    const { url } = await serve(async function* () {
      yield '{"a":';
      yield '"é"}';
    });
    const response = await fetch(url);
    expect(response.headers.get('content-length')).toBe('10');
    expect(response.headers.get('content-type')).toBe('application/scim+json');
    expect(await response.json()).toEqual({ a: 'é' });
  });

  it('that is large arrives whole', async () => {
    const { url } = await serve(async function* () {
      for (let count = 0; count < 20; count += 1) yield LARGE;
    });
    const response = await fetch(url);
    expect(response.headers.get('content-type')).toBe('application/scim+json');
    expect(await response.text()).toHaveLength(6_000_000);
  });

  it('that fails before much of it is read is 500 with a SCIM body', async () => {
    const { url, errors } = await serve(() => failingAfter('{"a":'));
    const response = await fetch(url);
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ status: '500' });
    expect(errors).toEqual(['An unexpected error ended a SCIM request.']);
  });

  it('that fails midway breaks off, so that nobody takes it for whole, and is logged', async () => {
    const { url, errors } = await serve(() => failingAfter(LARGE, LARGE, LARGE));
    const response = await fetch(url);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
    expect(errors).toEqual(['An unexpected error ended a SCIM request.']);
  });

  it('is read no further once the client has hung up, which is no error', async () => {
    let stopped: (count: number) => void = () => {};
    const stop = new Promise<number>((resolve) => {
      stopped = resolve;
    });
    const { url, errors } = await serve(async function* () {
      let count = 0;
      try {
        for (; count < 100_000; count += 1) yield LARGE;
      } finally {
        stopped(count);
      }
    });
    const abort = new AbortController();
    await fetch(url, { signal: abort.signal });
    abort.abort();
    expect(await stop).toBeLessThan(100_000);
    // Another answer of the same server comes after the end of the first.
    await fetch(url, { method: 'HEAD' });
    expect(errors).toEqual([]);
  });
});
