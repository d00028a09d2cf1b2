/**
 * Every size in Fermata has a limit with a name and a reason (rule R13). A limit that is hit is
 * refused with LIMIT_EXCEEDED or PAYLOAD_TOO_LARGE and names the constant below.
 */
export const LIMITS = {
  /** Nesting of any JSON that enters. Deeper input is an attack on recursive readers. */
  jsonDepthMax: 64,
  /**
   * The largest whole number of any JSON that enters, either way: beyond 2^53 − 1 a double can't
   * tell neighbours apart, so that what was sent would not be what is kept.
   */
  jsonWholeMax: 9_007_199_254_740_991,
  /** Bytes of one command's body: one record must fit well under a broker's 1 MiB default. */
  commandBytesMax: 900_000,
  /** Bytes after which an append takes no more commands. */
  commitBytesMax: 4_000_000,
  /** Bytes of what one command may add to the log: an append is stored whole, so it must fit. */
  decisionBytesMax: 24_000_000,
  /** Keys in one JSON document: bounds the time of a parse. */
  jsonKeysMax: 100_000,
  /** Steps of one graph. */
  graphStepsMax: 10_000,
  /** Direct dependents of one step: one completion schedules at most this many. */
  fanOutMax: 10_000,
  /** Versions of workflows that one tenant may deploy: each is kept for the runs pinned to it. */
  definitionsPerTenantMax: 5_000,
  /**
   * Characters of definitions that a scheduler keeps compiled. Measured, contracts take some 30
   * bytes of memory for each character, and small expressions 75: so 300 MB at the most.
   */
  compiledCharsMax: 4_000_000,
  /**
   * Schemas in all contracts of one definition, each property's counted: a scheduler compiles them
   * in a second or so, and again whenever the definition was not used for long.
   */
  definitionSchemasMax: 20_000,
  /** Parts of all expressions of one definition, such as names and operators: likewise. */
  definitionExpressionNodesMax: 200_000,
  /** Characters of definitions that a scheduler keeps as text, for starts that wait their turn. */
  definitionCharsMax: 64_000_000,
  /** Agents that a runner remembers where to find. */
  knownAgentsMax: 10_000,
  /** Bytes of one workflow definition with its policy and agents. */
  definitionBytesMax: 900_000,
  /** Characters of the id of a command, and of a conversation's. */
  idCharsMax: 200,
  /** Bodies that a step may stand in, one inside the other: what people can still follow. */
  bodyDepthMax: 8,
  /** Characters of a step path: eight bodies with ids and numbers of full length, and a step. */
  stepPathCharsMax: 648,
  /** Characters of a gate's id: a run's id, a step path and a number. */
  gateIdCharsMax: 800,
  /** Tries of one step that a policy may allow. */
  attemptsMax: 100,
  /**
   * Times in a row that an attempt's runner may be lost before the step fails: what ends each
   * process that begins it would otherwise end them for ever. One that stops gives its attempts
   * back, which is no loss, so that no restart of runners comes near this. The tries grow apart, so
   * that what only ran beside such an attempt has time without it, and runners that break down for
   * half a minute, whatever the reason, fail nothing.
   */
  lossesMax: 8,
  /**
   * How long after its deadline an attempt that a runner holds stays open for that runner's sign of
   * life. With one it has timed out; without, its runner was lost, and no try is used up.
   */
  deadlineGraceMs: 15_000,
  /** Events of one run: the bound on what one replay of a run costs. */
  runEventsMax: 100_000,
  /**
   * Attempts that one tenant may have open in one partition, unless the scheduler is told
   * otherwise: bounds what a rush asks of runners. What is ready beyond waits its turn.
   */
  openAttemptsMax: 2_000,
  /**
   * Steps of one tenant that may wait for an attempt in one partition, unless the scheduler is told
   * otherwise. What waits is held in its owner's memory: beyond it no new run is started.
   */
  queuedStepsMax: 20_000,
  /**
   * Bytes of memory that the open runs of one tenant may hold in one partition, about, unless the
   * scheduler is told otherwise: their owner keeps what they were given until they end. Beyond it
   * no new run is started; what has begun may hold twice as much, and fails beyond that.
   */
  heldBytesMax: 256_000_000,
  /** Attempts at a time that a runner process gives an agent whose definition does not say. */
  agentConcurrency: 100,
  /**
   * How long one attempt may last unless the operator says otherwise: it holds a place of a runner
   * all the while, which others wait for.
   */
  attemptTimeoutMsMax: 86_400_000,
  /** How long a claim may last unless the operator says otherwise: so late a loss is found. */
  leaseMsMax: 3_600_000,
  /** How long a run may last unless the operator says otherwise: its owner keeps it in memory. */
  runTimeoutMsMax: 366 * 86_400_000,
  /** Attempts at a time that a definition may allow an agent unless the operator says otherwise. */
  agentConcurrencyCeiling: 1_000,
  /** Attempts at a time that a definition may allow: each is held in its runner's memory. */
  agentConcurrencyMax: 10_000,
  /**
   * How many times what is still free of a runner's places, or of an agent's, one tenant may hold
   * before it takes one more. Alone it leaves a fifth, two leave a ninth, n leave 1 of 4n + 1: so a
   * tenant that holds none finds a place at once, though attempts last for days.
   */
  heldOfFreeMax: 4,
  /** Timers fired in one batch, so that many overdue timers never block a partition. */
  timersPerBatchMax: 256,
  /** Ignored results recorded for one run; the rest are dropped. */
  ignoredResultsMax: 32,
  /** How far a command's time may be ahead of log time: clocks differ, by less than an hour. */
  commandAheadMsMax: 3_600_000,
  /** Ten years: added to any moment it is still one that a calendar knows. */
  durationMsMax: 3_650 * 86_400_000,
  /**
   * Steps of evaluating what authors handed in, in one decision: a tenth of a second or two, while
   * a command of the largest size, checked by an honest contract, takes a tenth of them.
   */
  evaluationStepsMax: 5_000_000,
  /** Steps after which a batch takes no more commands: those of others wait for it. */
  batchStepsMax: 5_000_000,
  /** Characters of a schema's own URI: each reference in the schema is resolved against it. */
  schemaUriCharsMax: 200,
  /** Instructions of one pattern: `(ab){1000}` has thousands, and each costs time and memory. */
  patternSizeMax: 2_000,
  /** Instructions, and ranges of classes, of all patterns of a definition: compiling takes time. */
  definitionPatternSizeMax: 50_000,
  /**
   * Conditions that the check of one definition may look at before it is deployed: about a third of
   * a second. What is beyond is not worked out, which a warning says; it is never refused for that.
   */
  checkStepsMax: 100_000,
  /** Characters of an expression. */
  expressionCharsMax: 4_096,
  /** Characters of a message that a person or an agent gives as a reason. */
  reasonCharsMax: 4_096,
  /** Rows of one page of a list: bounds what a query sorts and an answer holds. */
  pageRowsMax: 1_000,
  /** Bytes of values after which a page of a list ends: parsed and written in some ten ms. */
  pageBytesMax: 1_000_000,
  /** Bytes of steps' outputs, and of what gates show, that a view of a whole run holds. */
  viewBytesMax: 4_000_000,
  /** Attempts that a view of a whole run holds, the newest; the list of them has all. */
  viewAttemptsMax: 1_000,
  /** Bytes that an answer which is a stream hands to its connection before it waits for it. */
  streamChunkBytes: 65_536,
  /** Time in which who is sent an answer must read a part of it: behind it the answer is cut. */
  stallMsMax: 30_000,
  /** Answers that are streams, of one tenant in one process: each holds a part in memory. */
  streamsPerTenantMax: 64,
  /** Answers that are streams, in one process. */
  streamsMax: 256,
  /** Bytes of a body that are read whoever else sends: what ordinary requests need. */
  smallBodyBytesMax: 64_000,
  /** Bytes beyond those of the bodies that one process is reading: half a body stays in memory. */
  bodyBytesHeldMax: 128_000_000,
  /** As above, of one tenant. */
  bodyBytesHeldPerTenantMax: 32_000_000,
  /** Reads of one tenant that one process answers at a time; others wait for their turn. */
  readsPerTenantMax: 4,
  /** Reads that one process answers at a time: each may hold a whole view in memory. */
  readsMax: 16,
  /** Reads of one tenant that may wait for their turn; beyond them they are refused. */
  readsWaitingMax: 100,
} as const;
