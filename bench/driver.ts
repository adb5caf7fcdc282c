import { Agent, request } from 'node:http';
import type { Order, Sample } from './messages.ts';
import { rowNamed, type Send } from './rows.ts';

/** The load process: carries out the orders that come over the IPC channel, one by one. */

/** Never the same in one run, so that what one row creates no other creates again. */
let next = 0;

/** HTTP/1.1 with keep-alive and without pipelining. */
function createSend(
  order: Order,
  agent: Agent,
  note: (latencyMs: number, failure: string | null) => void,
): Send {
  const { hostname, port, pathname } = new URL(order.base);
  return (method, path, expected, body) =>
    new Promise((resolve, reject) => {
      const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
      const headers = {
        Authorization: `Bearer ${order.token}`,
        Accept: 'application/scim+json',
        ...(content && { 'Content-Type': 'application/scim+json', 'Content-Length': content.length }),
      };
      const startedAt = performance.now();
      const sent = request({ agent, hostname, port, method, path: pathname + path, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const status = response.statusCode ?? 0;
          const failure = expected.includes(status)
            ? null
            : `${method} ${path}: ${status} ${text.slice(0, 300)}`;
          note(performance.now() - startedAt, failure);
          resolve({ status, text });
        });
      });
      sent.on('error', reject);
      sent.end(content);
    });
}

async function carryOut(order: Order): Promise<Sample> {
  const row = rowNamed(order.row);
  const agent = new Agent({ keepAlive: true, maxSockets: order.connections + 1 });
  const latencies: number[] = [];
  let failure: string | null = null;
  const send = createSend(order, agent, (latencyMs, wrong) => {
    latencies.push(latencyMs);
    failure ??= wrong;
  });
  const besides = createSend(order, agent, () => {});
  const startedAt = performance.now();
  const last = next + order.iterations;
  const isOver = () => performance.now() - startedAt >= order.ms || next >= last || failure !== null;
  const client = async () => {
    // At least one iteration, however little time there is.
    do await row.iterate(send, next++, order);
    while (!isOver());
  };
  let isDone = false;
  const beside = async () => {
    while (!isDone) await row.beside?.(besides, next++);
  };
  const background = row.beside === undefined ? Promise.resolve() : beside();
  await Promise.all(Array.from({ length: order.connections }, client));
  const ms = performance.now() - startedAt;
  isDone = true;
  await background;
  agent.destroy();
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { requests: sorted.length, ms, p50Ms: at(0.5), p99Ms: at(0.99), failure };
}

process.on('message', (order: Order) => {
  carryOut(order).then(
    (sample) => process.send?.(sample),
    (error: unknown) => process.send?.({ requests: 0, ms: 0, p50Ms: 0, p99Ms: 0, failure: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
