// The bench's work on Restate: handlers that its server calls over HTTP/2. `inside` runs the steps
// in the handler; `calls` makes a service call of each step. Tells its parent its port, and which
// of its runs hold; ends with its parent.
const restate = require('@restatedev/restate-sdk');
const http2 = require('node:http2');

const noop = async () => ({ ok: true });
const NAMES = ['a', 'b', 'c', 'd', 'e'];

const work = restate.service({ name: 'work', handlers: { noop } });

const inside = restate.service({
  name: 'inside',
  handlers: {
    five: async (ctx) => {
      for (const name of NAMES) await ctx.run(name, noop);
      return { ok: true };
    },
    fanOut: async (ctx) => {
      const steps = Array.from({ length: 20 }, (_, index) => ctx.run(`s${index}`, noop));
      await restate.RestatePromise.all(steps);
      return ctx.run('join', noop);
    },
  },
});

const calls = restate.service({
  name: 'calls',
  handlers: {
    five: async (ctx) => {
      for (const _ of NAMES) await ctx.serviceClient(work).noop();
      return { ok: true };
    },
    fanOut: async (ctx) => {
      const steps = Array.from({ length: 20 }, () => ctx.serviceClient(work).noop());
      await restate.RestatePromise.all(steps);
      return ctx.serviceClient(work).noop();
    },
  },
});

const gates = restate.service({
  name: 'gates',
  handlers: {
    hold: async (ctx, key) => {
      const { promise } = ctx.awakeable();
      process.send({ held: key });
      return promise;
    },
  },
  // A handler that waits for a person is put away at once: it holds no connection and no memory.
  options: { inactivityTimeout: 0 },
});

const endpoint = restate.endpoint();
for (const service of [work, inside, calls, gates]) endpoint.bind(service);
const server = http2.createServer(endpoint.http2Handler());
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('disconnect', () => process.exit(0));
