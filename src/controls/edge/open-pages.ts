import { isOn } from './edge-options.ts';
import type { ServiceView } from '../compose/stack-view.ts';

/** A page for administrators that asks nobody who they are. */
interface OpenPage {
  /** Matches the image's path without registry and tag, in lower case. */
  path: RegExp;
  /** Where the program has a sign-in after all. */
  hasLogin?: (view: ServiceView) => boolean;
}

const variable =
  (...names: string[]) =>
  (view: ServiceView): boolean =>
    names.some((name) => {
      const value = view.environment.get(name);
      return value !== undefined && value !== '' && !/^(none|disabled|false)$/i.test(value);
    });
const argument =
  (text: string) =>
  (view: ServiceView): boolean =>
    view.command.some((word) => word.includes(text));

const pages: readonly OpenPage[] = [
  // https://prometheus.io/docs/guides/basic-auth/
  {
    path: /(^|\/)(prometheus|alertmanager|pushgateway|node-exporter|blackbox-exporter)$/,
    hasLogin: argument('web.config.file'),
  },
  { path: /(^|\/)cadvisor$/, hasLogin: argument('http_auth_file') },
  // https://dozzle.dev/guide/authentication
  { path: /(^|\/)dozzle$/, hasLogin: variable('DOZZLE_AUTH_PROVIDER', 'DOZZLE_USERNAME') },
  // https://learn.netdata.cloud/docs/netdata-agent/securing-netdata-agents
  { path: /(^|\/)netdata$/ },
  { path: /(^|\/)glances$/, hasLogin: argument('--password') },
  { path: /(^|\/)redis-?commander$/, hasLogin: variable('HTTP_USER') },
  { path: /(^|\/)redisinsight$/, hasLogin: variable('RI_FORCE_PASSWORD') },
  // https://docs.kafka-ui.provectus.io/configuration/authentication
  { path: /(^|\/)kafka-ui$/, hasLogin: variable('AUTH_TYPE') },
  {
    path: /(^|\/)mongo-express$/,
    // On by default since 1.0.0, with a published password: https://hub.docker.com/_/mongo-express
    hasLogin: (view) => {
      const value = view.environment.get('ME_CONFIG_BASICAUTH');
      return value === undefined || isOn(value);
    },
  },
  {
    path: /(^|\/)(mailhog|mailpit)$/,
    hasLogin: variable('MH_AUTH_FILE', 'MP_UI_AUTH', 'MP_UI_AUTH_FILE'),
  },
  { path: /(^|\/)(jaeger|all-in-one|zipkin)$/ },
  { path: /(^|\/)loki$/ },
  { path: /(^|\/)(docker-)?registry-ui$/ },
  { path: /(^|\/)(docker-)?socket-proxy$/ },
];

/** True for a page of administrators without a sign-in of its own, as far as images tell. */
export function isOpenPage(view: ServiceView): boolean {
  const path = view.image.path.toLowerCase();
  const page = pages.find((one) => one.path.test(path));
  return page !== undefined && !(page.hasLogin?.(view) ?? false);
}
