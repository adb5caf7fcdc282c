import { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';

interface Sent {
  status: number;
  headers: Record<string, string>;
  /** Of the answer, in characters. */
  length: number;
  start: string;
  durationMs: number;
}

const CODE = `
const { parentPort } = require('node:worker_threads');
parentPort.on('message', async ({ id, url, method, body }) => {
  const begin = performance.now();
  try {
    const headers = body === undefined ? {} : { 'Content-Type': 'application/scim+json' };
    const response = await fetch(url, { method, headers, body });
    const text = await response.text();
    parentPort.postMessage({ id, sent: { status: response.status, headers: Object.fromEntries(response.headers),
      length: text.length, start: text.slice(0, 2000), durationMs: performance.now() - begin } });
  } catch (error) {
    parentPort.postMessage({ id, error: String(error.cause ?? error) });
  }
});`;

/** Sends requests from another thread, so that the time of this one is the server's. */
export function startClient(base: string): (method: string, path: string, body?: string) => Promise<Sent> {
  const worker = new Worker(CODE, { eval: true });
  onTestFinished(async () => void (await worker.terminate()));
  const waiting = new Map<number, { resolve(sent: Sent): void; reject(error: Error): void }>();
  worker.on('message', ({ id, sent, error }: { id: number; sent?: Sent; error?: string }) => {
    const promise = waiting.get(id);
    waiting.delete(id);
    if (sent === undefined) promise?.reject(new Error(error));
    else promise?.resolve(sent);
  });
  let last = 0;
  return (method, path, body) => {
    last += 1;
    const id = last;
    worker.postMessage({ id, url: `${base}${path}`, method, body });
    return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  };
}
