// A real Apache Kafka on loopback, from Maven's jars: one node, or three, whose leaders can move.
//   node tools/kafka/broker.cjs [--nodes 3]   prints the addresses on a line; ends with its input
const { spawn, spawnSync } = require('node:child_process');
const { createHash, randomBytes } = require('node:crypto');
const {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} = require('node:fs');
const { createServer, connect } = require('node:net');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { root } = require('../projects.cjs');

const POM = join(__dirname, 'pom.xml');
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';
const START_MS = 60_000;

/** Whether this machine has what a broker needs. */
function canStart() {
  const answers = (program, flag) => spawnSync(program, [flag], { stdio: 'ignore' }).status === 0;
  return answers('java', '-version') && answers('mvn', '-version');
}

/** Folder of the jars; brings them once for each pom.xml. */
function jars() {
  const version = createHash('sha256').update(readFileSync(POM)).digest('hex').slice(0, 12);
  const folder = join(root, 'node_modules/.cache/fermata-kafka', version);
  if (existsSync(folder)) return folder;
  const half = `${folder}.${process.pid}`;
  const args = ['-q', '-B', '-f', POM, COPY, `-DoutputDirectory=${half}`];
  let said = '';
  // A registry may fail once.
  for (let tries = 0; tries < 3; tries += 1) {
    const { status, stdout, stderr } = spawnSync('mvn', args, { encoding: 'utf8' });
    if (status === 0) return kept(half, folder);
    said = `${stdout}${stderr}`;
  }
  throw new Error(`Expected Maven to bring Kafka's jars, found:\n${said}`);
}

/** Puts a folder that is whole in its place, unless another process was first. */
function kept(half, folder) {
  if (existsSync(folder)) rmSync(half, { recursive: true });
  else renameSync(half, folder);
  return folder;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address());
      probe.close(() => resolve(port));
    });
  });
}

function settingsOf(node, nodes, folder) {
  const copies = nodes.length;
  return {
    'process.roles': 'broker,controller',
    'node.id': node.id,
    'controller.quorum.voters': nodes
      .map((one) => `${one.id}@127.0.0.1:${one.controllerPort}`)
      .join(','),
    listeners: `PLAINTEXT://127.0.0.1:${node.port},CONTROLLER://127.0.0.1:${node.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${node.port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(folder, `node-${node.id}`),
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': copies,
    'offsets.topic.num.partitions': 5,
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': Math.min(copies, 2),
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': Math.min(copies, 2),
    'min.insync.replicas': Math.min(copies, 2),
    'group.initial.rebalance.delay.ms': 0,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
  };
}

/**
 * The program and the arguments of one of Kafka's own.
 * @returns {[string, string[]]}
 */
function java(args) {
  // It lives for minutes: what the second compiler would win later, it costs in the meantime.
  const heap = ['-Xms128m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
  return ['java', [...heap, quiet, '-cp', `${jars()}/*`, ...args]];
}

/** Kills a node when we are gone, however we ended: a JVM does not notice that its parent died. */
function endWithUs(child) {
  const guard = spawn('sh', ['-c', 'read -r _; kill -9 "$0"', String(child.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.once('exit', () => guard.kill('SIGKILL'));
}

/** Waits until a port answers, or the process behind it has ended. */
async function answers(node) {
  const giveUpAt = Date.now() + START_MS;
  while (Date.now() < giveUpAt && node.process.exitCode === null) {
    const reached = await new Promise((resolve) => {
      const socket = connect(node.port, '127.0.0.1', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (reached) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Expected Kafka to answer on port ${node.port}; see ${node.log}`);
}

/** A running Kafka: its addresses, and its nodes to be killed, stopped and started by tests. */
class Kafka {
  constructor(folder, nodes, ownFolder) {
    this.folder = folder;
    this.nodes = nodes;
    this.ownFolder = ownFolder;
  }

  /** Addresses for clients, separated by commas. */
  get brokers() {
    return this.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',');
  }

  launch(node) {
    const messages = openSync(node.log, 'a');
    const [program, args] = java(['kafka.Kafka', node.properties]);
    // A terminal's Ctrl-C is for its parent, which stops it when everything else has ended.
    node.process = spawn(program, args, { detached: true, stdio: ['ignore', messages, messages] });
    closeSync(messages);
    endWithUs(node.process);
  }

  /** Starts one node, or one that was killed, and waits until it answers. */
  async start(node) {
    this.launch(node);
    await answers(node);
  }

  /** Sends a signal to one node; SIGKILL and SIGTERM wait for its end. */
  async signal(node, signal) {
    if (node.process.exitCode !== null || node.process.signalCode !== null) return;
    const ends = signal === 'SIGKILL' || signal === 'SIGTERM';
    const gone = ends && new Promise((resolve) => node.process.once('exit', resolve));
    node.process.kill(signal);
    await gone;
  }

  /** Stops all nodes at once; their data goes too, unless the caller brought a folder. */
  async stop() {
    await Promise.all(
      this.nodes.map((node) => this.signal(node, this.ownFolder ? 'SIGKILL' : 'SIGTERM')),
    );
    if (this.ownFolder) rmSync(this.folder, { recursive: true, force: true });
  }
}

/** An id as Kafka makes them: 16 bytes, and no dash in front, which its tool reads as an option. */
function clusterId() {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? clusterId() : id;
}

/**
 * Starts Kafka with one or three nodes, on a new folder or on the data of before.
 * @param {{ nodes?: number, dataDir?: string }} options
 */
async function startKafka({ nodes: count = 1, dataDir } = {}) {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'fermata-kafka-'));
  mkdirSync(folder, { recursive: true });
  const note = join(folder, 'nodes.json');
  const isNew = !existsSync(note);
  if (isNew) {
    const made = [];
    for (let id = 1; id <= count; id += 1)
      made.push({ id, port: await freePort(), controllerPort: await freePort() });
    writeFileSync(note, JSON.stringify({ cluster: clusterId(), nodes: made }));
  }
  const { cluster, nodes: places } = JSON.parse(readFileSync(note, 'utf8'));
  const nodes = places.map((place) => ({
    ...place,
    properties: join(folder, `node-${place.id}.properties`),
    log: join(folder, `node-${place.id}.log`),
  }));
  for (const node of nodes) {
    const lines = Object.entries(settingsOf(node, nodes, folder)).map(
      ([name, value]) => `${name}=${value}`,
    );
    writeFileSync(node.properties, `${lines.join('\n')}\n`);
    if (!isNew) continue;
    const [program, args] = java([
      'kafka.tools.StorageTool',
      'format',
      '-t',
      cluster,
      '-c',
      node.properties,
    ]);
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    if (status !== 0)
      throw new Error(`Expected Kafka's storage to be formatted, found:\n${stdout}${stderr}`);
  }
  const kafka = new Kafka(folder, nodes, dataDir === undefined);
  for (const node of nodes) kafka.launch(node);
  try {
    await Promise.all(nodes.map(answers));
  } catch (error) {
    await kafka.stop();
    throw error;
  }
  return kafka;
}

async function main() {
  const at = process.argv.indexOf('--nodes');
  const kafka = await startKafka({ nodes: at < 0 ? 1 : Number(process.argv[at + 1]) });
  const stop = () => {
    kafka.stop().then(
      () => process.exit(0),
      (error) => {
        process.stderr.write(`Kafka did not stop: ${error.message}\n`);
        process.exit(1);
      },
    );
  };
  process.stdin.resume().once('end', stop);
  process.on('SIGTERM', stop);
  // Ctrl-C reaches the whole group: the end of our input ends us.
  process.on('SIGINT', () => {});
  process.stdout.write(`${kafka.brokers}\n`);
}

if (require.main === module) {
  main().catch((error) => {
    process.stderr.write(`Kafka did not start: ${error.message}\n`);
    process.exit(1);
  });
}

module.exports = { canStart, jars, startKafka };
