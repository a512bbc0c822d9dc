import { exampleService } from '../compose/example.ts';
import { isLoopback } from '../compose/ways-in.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import type { ServicePort } from '../compose/service-ports.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import { traefikStatic } from '../compose/traefik-config.ts';
import type { Control } from '../control.ts';

const id = 'J-OBS-02';
const exporter =
  /(^|[/_-])exporter$|(^|\/)(nginx-prometheus-exporter|statsd-exporter|vmagent|victoria-metrics)$/;

export const publicMetrics: Control = {
  id,
  title: 'Metrics are not published',
  severity: 'medium',
  domain: 'operations',
  subject: 'service',
  why: 'Metrics and pprof tell names, versions, paths and load to everybody, and most exporters ask for no password.',
  references: ['J-OBS-02', 'https://prometheus.io/docs/operating/security/'],
  blindSpots: [
    'Routers of the edge that lead to metrics are not looked at here.',
    'Metrics that an application serves on its own port are not known.',
  ],
  remedy: 'Take the published port out: Prometheus reaches the service over their common network.',
  static: (model) => {
    const applies = {
      is: (view: ServiceView) => metricsPorts(view) !== null,
      not: 'serves no metrics that are known',
      expected: 'no published port',
    };
    return checkPrograms(model, id, applies, (view) => {
      const open = (metricsPorts(view) ?? []).find(({ address }) => !isLoopback(address));
      return open
        ? {
            status: 'fail',
            seen: `${open.target} is published on ${open.address || 'every address'}`,
            location: placeOf(view, 'ports'),
          }
        : { status: 'pass', seen: 'none' };
    });
  },
  examples: {
    pass: [
      exampleService({ image: 'prom/node-exporter:v1.10.0' }),
      exampleService({ image: 'prom/prometheus:v3.7.0', ports: ['127.0.0.1:9090:9090'] }),
      exampleService({
        image: 'traefik:v3.5',
        command: [
          '--metrics.prometheus=true',
          '--metrics.prometheus.entrypoint=metrics',
          '--entrypoints.metrics.address=:8082',
        ],
        ports: ['443:443'],
      }),
    ],
    fail: [
      exampleService({ image: 'prom/node-exporter:v1.10.0', ports: ['9100:9100'] }),
      exampleService({ image: 'oliver006/redis_exporter:v1.80', ports: ['9121:9121'] }),
      exampleService({
        image: 'traefik:v3.5',
        command: [
          '--metrics.prometheus=true',
          '--metrics.prometheus.entrypoint=metrics',
          '--entrypoints.metrics.address=:8082',
        ],
        ports: ['443:443', '8082:8082'],
      }),
    ],
  },
};

/** The published ports that lead to metrics; null for a service that serves none that are known. */
function metricsPorts(view: ServiceView): readonly ServicePort[] | null {
  if (view.role === 'metrics' || view.role === 'logs' || exporter.test(view.image.path)) {
    return view.ports;
  }
  if (view.program !== 'traefik') return null;
  const options = traefikStatic(view);
  const isOn = [...options].some(
    ([name, value]) => /^metrics\.prometheus(\.|$)/.test(name) && value !== 'false',
  );
  if (!isOn) return null;
  // https://doc.traefik.io/traefik/observability/metrics/prometheus/: the entry point is traefik, on 8080.
  const entry = (options.get('metrics.prometheus.entrypoint') ?? 'traefik').toLowerCase();
  const address = options.get(`entrypoints.${entry}.address`) ?? ':8080';
  const target = /:(\d+)(\/tcp)?$/.exec(address)?.[1] ?? '8080';
  return view.ports.filter((port) => port.target === target);
}
