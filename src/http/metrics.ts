import type { RequestHandler } from 'express';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { ALERTS } from '../core/alert.ts';
import type { Clock } from '../core/clock.ts';
import type { Json } from '../core/json.ts';
import type { Log, SyncObserver } from '../core/ports.ts';
import type { Database } from '../store/database.ts';
import { countDueAccounts, oldestUnsettledLeavers } from '../store/statistics.ts';
import { BUCKETS, RequestMetrics } from './request-metrics.ts';

/** What `/metrics` tells; vendors' names are its only labels of an installation, as anybody who reaches the port can read it. */
export interface Metrics extends SyncObserver {
  request(method: string, route: string, status: number, durationMs: number): void;
  /** The same log, whose lines with `alert` are counted. */
  countAlerts(log: Log): Log;
  /** Prometheus' text format. */
  text(): Promise<string>;
  contentType: string;
}

/** A registry of its own, so that several servers can live in one process. */
export function createMetrics(db: Database, clock: Clock): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new RequestMetrics(registry);
  const deliveries = new Counter({
    name: 'causeway_deliveries_total',
    help: 'Attempts to make an account what is wanted, by vendor and result.',
    labelNames: ['vendor', 'result'],
    registers,
  });
  const calls = new Histogram({
    name: 'causeway_vendor_call_duration_seconds',
    help: 'Calls to vendors by vendor and status class; status "none": no answer came.',
    labelNames: ['vendor', 'status'],
    buckets: BUCKETS,
    registers,
  });
  const alerts = new Counter({
    name: 'causeway_alerts_total',
    help: 'What an operator is called for, by the word that the log line has as "alert".',
    labelNames: ['alert'],
    registers,
  });
  for (const alert of ALERTS) alerts.inc({ alert }, 0);
  registerGauges(registry, db, clock);
  return {
    countAlerts: (log) => watchLog(log, (alert) => alerts.inc({ alert })),
    request(method, route, status, durationMs) {
      requests.observe(knownMethod(method), route, statusClass(status), durationMs / 1000);
    },
    delivered: (vendor, result) => deliveries.inc({ vendor, result }),
    vendorCall: (vendor, { status, durationMs }) =>
      calls.observe({ vendor, status: status === null ? 'none' : statusClass(status) }, durationMs / 1000),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** Read from the store at each scrape; while it cannot be read they are absent, and the rest is still told. */
function registerGauges(registry: Registry, db: Database, clock: Clock): void {
  const vendorGauge = (name: string, help: string, read: () => Promise<Map<string, number>>) =>
    registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames: ['vendor'],
        registers: [],
        async collect() {
          this.reset();
          const values = await read().catch(() => new Map<string, number>());
          for (const [vendor, value] of values) this.set({ vendor }, value);
        },
      }),
    );
  vendorGauge(
    'causeway_due_accounts',
    'Accounts whose delivery is due, now or at a later retry, by vendor.',
    () => countDueAccounts(db),
  );
  vendorGauge(
    'causeway_oldest_unsettled_deprovision_seconds',
    'Age of the oldest suspension or removal that the vendor has not confirmed yet, by vendor; absent: none.',
    () => oldestUnsettledLeavers(db).then((times) => mapValues(times, (time) => (clock.now() - time) / 1000)),
  );
}

function watchLog(log: Log, heard: (alert: string) => void): Log {
  const watched = (level: keyof Log) => (fields: Record<string, Json | undefined>, message: string) => {
    if (typeof fields['alert'] === 'string') heard(fields['alert']);
    log[level](fields, message);
  };
  return { debug: watched('debug'), info: watched('info'), warn: watched('warn'), error: watched('error') };
}

export function serveMetrics(metrics: Metrics): RequestHandler {
  return async (_request, response) => {
    const text = await metrics.text();
    response.setHeader('Content-Type', metrics.contentType);
    response.end(text);
  };
}

function mapValues(map: Map<string, number>, change: (value: number) => number): Map<string, number> {
  return new Map([...map].map(([key, value]) => [key, Math.max(0, change(value))]));
}

function statusClass(status: number): string {
  return `${Math.floor(status / 100)}xx`;
}

/** Node's parser lets some thirty methods through. */
function knownMethod(method: string): string {
  return ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'].includes(method) ? method : 'other';
}
