import { freeNetworks } from '../../docker/address-pools.ts';
import { occupies, parseListeningSockets } from '../../docker/listening-sockets.ts';
import { numberOf, textOf, type Settings } from '../../settings/definition.ts';
import { elsewhere, fail, noProject, ok, unknown, unreached, warn, type Check } from './check.ts';
import type { DoctorInput, EngineFacts } from './facts.ts';

/** Whether the published ports are free, and who holds them. */
export async function portChecks(
  input: DoctorInput,
  engine: EngineFacts | null,
  local: boolean,
): Promise<Check[]> {
  const { settings, world, host } = input;
  if (!settings) return [noProject('ports', 'Ports of the settings')];
  const bind = textOf(settings, 'BIND_ADDRESS');
  const project = textOf(settings, 'PROJECT_NAME');
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => world.files.readText(file)),
  );
  const listening = tables.flatMap((table) => parseListeningSockets(table ?? ''));
  const checks: Check[] = [];
  for (const key of input.portSettings ?? ['HTTP_PORT', 'HTTPS_PORT']) {
    const port = numberOf(settings, key);
    const [id, title] = [`port-${port}`, `Port ${port} (${key})`] as const;
    const publisher = engine?.containers.find((container) =>
      container.ports.some(
        (published) =>
          published.hostPort === port &&
          published.protocol === 'tcp' &&
          occupies({ address: published.address, port, inode: 0 }, bind),
      ),
    );
    const other = `Stop it, or choose another port: jacker config set ${key}=${port < 1024 ? port + 8000 : port + 1}`;
    if (publisher) {
      checks.push(
        publisher.project === project
          ? ok(id, title, `held by this project (${publisher.name})`)
          : fail(id, title, `held by the container ${publisher.name}`, other),
      );
    } else if (!local) {
      checks.push(elsewhere(id, title));
    } else {
      const socket = listening.find((entry) => entry.port === port && occupies(entry, bind));
      const owner = socket && (await host.socketOwner(socket.inode));
      const who = owner ? `${owner.command} (process ${owner.pid})` : 'a process of another user';
      if (socket) checks.push(fail(id, title, `held by ${who}`, other));
      else checks.push(await freePort(id, title, port));
    }
  }
  return checks;

  /** The kernel keeps low ports from a rootless engine as from any other user. */
  async function freePort(id: string, title: string, port: number): Promise<Check> {
    const file = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
    const first = Number((await world.files.readText(file)) ?? 1024);
    return port < first && engine?.info.security.includes('rootless')
      ? fail(
          id,
          title,
          `free, but a rootless engine may not use ports below ${first}`,
          `Allow it: sudo sysctl net.ipv4.ip_unprivileged_port_start=${port}`,
        )
      : ok(id, title, 'free');
  }
}

/** IPv6, and whether the engine has addresses for the project's networks. */
export async function networkChecks(
  { world, settings, networksNeeded }: DoctorInput,
  engine: EngineFacts | null,
  local: boolean,
): Promise<Check[]> {
  const pools = ['address-pools', 'Addresses for networks'] as const;
  return [
    local ? await ipv6Check(world, settings) : elsewhere('ipv6', 'IPv6'),
    engine ? poolCheck(engine) : unreached(...pools),
  ];

  function poolCheck({ info, networks }: EngineFacts): Check {
    const project = settings ? textOf(settings, 'PROJECT_NAME') : undefined;
    const own = networks.filter(
      (network) => network.labels['com.docker.compose.project'] === project,
    );
    const free = freeNetworks(
      info.addressPools,
      networks.flatMap((network) => network.subnets),
    );
    if (networksNeeded === undefined) return noProject(...pools);
    const missing = Math.max(0, networksNeeded - own.length);
    const seen = `room for ${free} more networks; the project needs ${missing} more`;
    return missing > free
      ? fail(
          ...pools,
          seen,
          'Add "default-address-pools": [{"base": "10.200.0.0/16", "size": 24}] to /etc/docker/daemon.json and restart the engine.',
        )
      : ok(...pools, seen);
  }
}

async function ipv6Check(
  world: DoctorInput['world'],
  settings: Settings | undefined,
): Promise<Check> {
  const [id, title] = ['ipv6', 'IPv6'] as const;
  const disabled = await world.files.readText('/proc/sys/net/ipv6/conf/all/disable_ipv6');
  const on = disabled !== null && disabled.trim() === '0';
  const bind = settings ? textOf(settings, 'BIND_ADDRESS') : '';
  if (!on && bind.includes(':')) {
    return fail(
      id,
      title,
      `off, but BIND_ADDRESS is ${bind}`,
      'Choose an IPv4 address: jacker config set BIND_ADDRESS=127.0.0.1',
    );
  }
  return on && bind === '::'
    ? warn(
        id,
        title,
        'on, and BIND_ADDRESS is ::, so services are reachable over IPv6 too',
        'Check that the firewall filters IPv6 as it does IPv4: sudo ip6tables -S DOCKER-USER',
      )
    : ok(id, title, on ? 'on' : 'off');
}

/** Whether the domain leads to this machine. */
export async function dnsChecks({ settings, host }: DoctorInput): Promise<Check[]> {
  const [id, title] = ['dns', 'Name of the domain'] as const;
  if (!settings) return [noProject(id, title)];
  const domain = textOf(settings, 'DOMAIN');
  // RFC 6761, section 6.3.
  if (domain === 'localhost' || domain.endsWith('.localhost')) {
    return [ok(id, title, `${domain} always means this machine`)];
  }
  const found = await host.resolve(domain).catch(() => null);
  if (found === null) {
    const advice = 'Check the name servers in /etc/resolv.conf.';
    return [unknown(id, title, `no name server answers about ${domain}`, advice)];
  }
  const own = host.addresses();
  if (found.length === 0) {
    return [
      fail(
        id,
        title,
        `${domain} has no A or AAAA record`,
        `Create one for ${domain} and one for *.${domain} that name this machine's public address.`,
      ),
    ];
  }
  return [
    found.every((address) => own.includes(address))
      ? ok(id, title, `${domain} is ${found.join(', ')}`)
      : warn(
          id,
          title,
          `${domain} is ${found.join(', ')}, which is not an address of this machine`,
          'Point the records here, unless a router or load balancer with that address forwards to this machine.',
        ),
  ];
}
