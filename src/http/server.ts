import express, { type Express, type RequestHandler } from 'express';
import type { Clock } from '../core/clock.ts';
import type { ConnectionSchema, Deliveries, Log } from '../core/ports.ts';
import { scimErrorHandler } from '../scim/error-handler.ts';
import { ScimError } from '../scim/errors.ts';
import { scimRouter } from '../scim/router.ts';
import type { Database } from '../store/database.ts';
import type { Keyring } from '../store/encryption.ts';
import { setApiHeaders } from './api-headers.ts';
import { authenticate } from './authenticate.ts';
import { answerLive, answerReady } from './health.ts';
import { type Metrics, serveMetrics } from './metrics.ts';
import { identifyRequest } from './request-id.ts';
import { requestLog } from './request-log.ts';

export interface EdgeOptions {
  db: Database;
  keyring: Keyring;
  deliveries: Deliveries;
  schemaOf(vendor: string): ConnectionSchema;
  /** Without a slash at its end; read at each request. */
  publicUrl(): string;
  /** Addresses, CIDR ranges or `loopback`. */
  trustedProxies: readonly string[];
  metrics: Metrics;
  clock: Clock;
  log: Log;
}

/** Everything that answers HTTP, in the order in which a request meets it; nothing reads a body before `authenticate`. */
export function createEdge(options: EdgeOptions): Express {
  const { db, keyring, clock, log, metrics } = options;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('trust proxy', [...options.trustedProxies]);

  const noteRequest = requestLog(log, metrics);
  app.use((request, response, next) => {
    identifyRequest(request, response);
    noteRequest(request, response);
    setApiHeaders(response);
    next();
  });
  app.use('/scim/:connection/v2', authenticate({ db, keyring, clock }), scimRouter(options));
  app.get('/healthz', answerLive);
  app.get('/readyz', answerReady(db, clock));
  app.get('/metrics', serveMetrics(metrics));
  app.use(answerUnknown);
  app.use(scimErrorHandler(log));
  return app;
}

const answerUnknown: RequestHandler = () => {
  throw new ScimError(
    404,
    undefined,
    'There is nothing here. A SCIM base URL looks like /scim/{connection}/v2.',
  );
};
