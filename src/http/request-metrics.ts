import type { Histogram, Registry } from 'prom-client';

/** Seconds. */
export const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];

interface Labels {
  method: string;
  route: string;
  status: string;
}

interface Series {
  labels: Labels;
  count: number;
  sum: number;
  /** Of each of `BUCKETS`, what is in it and in no smaller one. */
  buckets: number[];
}

interface Sample {
  metricName?: string;
  labels: Labels & { le?: string };
  value: number;
}

/** Counts and times requests in plain numbers, as every request does it; prom-client's own cost ten times as much. */
export class RequestMetrics {
  readonly #series = new Map<string, Series>();

  constructor(registry: Registry) {
    const counter = 'causeway_requests_total';
    const help = 'HTTP requests by method, route and status class.';
    register(registry, { name: counter, help, type: 'counter' }, () =>
      this.#samples(({ labels, count }) => [{ labels, value: count }]),
    );
    const histogram = 'causeway_request_duration_seconds';
    const meaning = 'Time from a request to the end of its answer.';
    register(registry, { name: histogram, help: meaning, type: 'histogram' }, () =>
      this.#samples((series) => histogramSamples(histogram, series)),
    );
  }

  observe(method: string, route: string, status: string, seconds: number): void {
    const key = `${method} ${status} ${route}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { labels: { method, route, status }, count: 0, sum: 0, buckets: BUCKETS.map(() => 0) };
      this.#series.set(key, series);
    }
    series.count += 1;
    series.sum += seconds;
    const bucket = BUCKETS.findIndex((limit) => seconds <= limit);
    if (bucket >= 0) series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
  }

  #samples(samplesOf: (series: Series) => Sample[]): Sample[] {
    return [...this.#series.values()].flatMap(samplesOf);
  }
}

function histogramSamples(name: string, { labels, count, sum, buckets }: Series): Sample[] {
  let below = 0;
  const upTo = buckets.map((inside, index) => {
    below += inside;
    return { metricName: `${name}_bucket`, labels: { ...labels, le: String(BUCKETS[index]) }, value: below };
  });
  return [
    ...upTo,
    { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}

/** A registry asks its metrics for nothing but `get`, though its types know prom-client's own alone. */
function register(
  registry: Registry,
  about: { name: string; help: string; type: 'counter' | 'histogram' },
  samples: () => Sample[],
): void {
  const metric = {
    ...about,
    get: async () => ({ ...about, aggregator: 'sum', values: samples() }),
    reset() {},
  };
  registry.registerMetric(metric as unknown as Histogram);
}
