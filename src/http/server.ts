import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { Clock } from '../core/clock.ts';
import type { ConnectionSchema, Deliveries, Log } from '../core/ports.ts';
import { scimErrorHandler } from '../scim/error-handler.ts';
import { ScimError } from '../scim/errors.ts';
import { scimRouter } from '../scim/router.ts';
import type { Database } from '../store/database.ts';
import type { Keyring } from '../store/encryption.ts';
import { authenticate } from './authenticate.ts';
import { answerLive, answerReady } from './health.ts';
import { type Metrics, serveMetrics } from './metrics.ts';
import { identifyRequest } from './request-id.ts';
import { logRequests } from './request-log.ts';

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

  app.use(identifyRequest);
  app.use(logRequests(log, metrics));
  app.use(apiHeaders());
  app.get('/healthz', answerLive);
  app.get('/readyz', answerReady(db, clock));
  app.get('/metrics', serveMetrics(metrics));
  app.use('/scim/:connection/v2', authenticate({ db, keyring, clock }), scimRouter(options));
  app.use(answerUnknown);
  app.use(scimErrorHandler(log));
  return app;
}

/** There are no pages here: nothing may be loaded, framed or guessed. */
function apiHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  });
}

const answerUnknown: RequestHandler = () => {
  throw new ScimError(
    404,
    undefined,
    'There is nothing here. A SCIM base URL looks like /scim/{connection}/v2.',
  );
};
