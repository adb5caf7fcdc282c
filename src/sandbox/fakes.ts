import express from 'express';
import { OperatorError } from '../core/errors.ts';
import { type Listener, listen } from '../http/listener.ts';
import type { Database } from '../store/database.ts';
import { fakeRecords } from '../store/fake-records.ts';
import { readMeta, writeMeta } from '../store/meta.ts';
import { type Fake, loadFake } from '../vendors/fakes.ts';
import { vendors } from '../vendors/index.ts';

const ORIGIN = 'sandbox_fakes_origin';
const HOST = '127.0.0.1';

/** The fake vendors as they run: loopback only, one port for all, each under its vendor's id. */
export interface RunningFakes {
  /** `http://127.0.0.1:<port>` */
  origin: string;
  /** What it was at the last start: connections made then point there. */
  formerOrigin: string;
  fakes: ReadonlyMap<string, Fake>;
  close(): Promise<void>;
}

export async function startFakes(db: Database): Promise<RunningFakes> {
  const app = express();
  const fakes = new Map<string, Fake>();
  for (const { id } of vendors) {
    const fake = await loadFake(id);
    app.use(`/${id}`, await fake.create(fakeRecords(db, id)));
    fakes.set(id, fake);
  }
  const former = await readMeta(db, ORIGIN);
  const listener = await listenAgain(app, former === undefined ? 0 : Number(new URL(former).port));
  return {
    origin: listener.url,
    formerOrigin: former ?? listener.url,
    fakes,
    close: () => listener.close(0),
  };
}

/** To be called when every connection points to `origin`: only then may the former one be forgotten. */
export async function rememberOrigin(db: Database, origin: string): Promise<void> {
  await writeMeta(db, ORIGIN, origin);
}

/** The port of the last start, so that what was written down still works; another where it is taken by now. */
async function listenAgain(app: express.Express, port: number): Promise<Listener> {
  const options = { host: HOST, tls: null, portSetting: 'CAUSEWAY_PORT' };
  try {
    return await listen(app, { ...options, port });
  } catch (error) {
    if (!(error instanceof OperatorError) || port === 0) throw error;
    return listen(app, { ...options, port: 0 });
  }
}
