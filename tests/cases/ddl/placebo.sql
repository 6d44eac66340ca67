CREATE SCHEMA `my-project`.game
OPTIONS(description="Gamebeam: what analysts read.", labels=[("managed_by", "gamebeam"), ("game", "placebo")]);

CREATE SCHEMA `my-project`.game_tables
OPTIONS(description="Gamebeam: the tables under the views; written by the job alone.", labels=[("managed_by", "gamebeam"), ("game", "placebo")]);

CREATE SCHEMA `my-project`.game_dead_letters
OPTIONS(description="Gamebeam: messages that could not become events; for those on call.", labels=[("managed_by", "gamebeam"), ("game", "placebo")]);

CREATE TABLE `my-project`.game_tables.run_manifests (
  `run_id` STRING NOT NULL,
  `state` STRING NOT NULL OPTIONS(description="started, open or complete."),
  `mode` STRING OPTIONS(description="batch, streaming, repair or replay."),
  `contract` STRING OPTIONS(description="The contract's fingerprint."),
  `started` TIMESTAMP,
  `finished` TIMESTAMP,
  `inputs` ARRAY<STRUCT<`name` STRING, `sha256` STRING, `bytes` INT64>> OPTIONS(description="The files that it read."),
  `supersedes` ARRAY<STRING> OPTIONS(description="Runs that count no more once this one is complete."),
  `row_counts` STRING OPTIONS(description="JSON of {table: rows}."),
  `generation` INT64 NOT NULL OPTIONS(description="Of its rollup rows."),
  `repairs` ARRAY<STRUCT<`run_id` STRING, `arrived_before` TIMESTAMP>> OPTIONS(description="Runs whose rollup rows it replaced."),
  `written_time` TIMESTAMP NOT NULL OPTIONS(description="When the run said so.")
)
OPTIONS(description="What each run said of itself: its last manifest counts.", labels=[("managed_by", "gamebeam"), ("game", "placebo")]);

CREATE TABLE `my-project`.game_tables.buy_spell (
  `run_id` STRING NOT NULL OPTIONS(description="The run that wrote the row."),
  `event_id` STRING NOT NULL OPTIONS(description="The key of deduplication: one id, one event."),
  `event_type` STRING NOT NULL OPTIONS(description="What happened; also the name of the table."),
  `event_time` TIMESTAMP NOT NULL OPTIONS(description="When it happened, by the client's clock; where that was wrong, as the front door corrected it."),
  `client_event_time` TIMESTAMP OPTIONS(description="What the client's clock said, where the front door corrected it."),
  `arrival_time` TIMESTAMP NOT NULL OPTIONS(description="When the broker took it: the pipeline's only clock."),
  `received_time` TIMESTAMP OPTIONS(description="When the front door got it: data only."),
  `player_id` STRING OPTIONS(description="Null before anybody is known; such events are in no player rollup."),
  `session_id` STRING OPTIONS(description="The client's session."),
  `install_id` STRING OPTIONS(description="The installation or device."),
  `seq` INT64 OPTIONS(description="The client's counter, from 0 or 1 without holes; it is what makes a lost event visible."),
  `game` STRING OPTIONS(description="The game; the contract's name where the message does not say."),
  `env` STRING OPTIONS(description="Separates live from test data: that of the sender's API key where the front door knows it, else the message's, else live."),
  `platform` STRING OPTIONS(description="Operating system or store."),
  `app_version` STRING OPTIONS(description="The build."),
  `country` STRING OPTIONS(description="Country of the player, as the game spells it."),
  `late` BOOL NOT NULL OPTIONS(description="Arrived more than the allowed lateness after it happened."),
  `additional_properties` STRING OPTIONS(description="JSON of the fields that the contract does not know: kept, never lost."),
  `item_type` STRING NOT NULL OPTIONS(description="Kind of spell; `type` on the wire."),
  `cost` FLOAT64 NOT NULL OPTIONS(description="Its price in the game's money."),
  `player_created` TIMESTAMP NOT NULL OPTIONS(description="When the player's account was made."),
  `player_wealth` FLOAT64 NOT NULL OPTIONS(description="The player's money before this; may be negative."),
  `player_num_items` INT64 NOT NULL OPTIONS(description="Items owned before this."),
  `status` STRING NOT NULL OPTIONS(description="approved_purchase or insufficient_funds."),
  `inventory` ARRAY<STRING> OPTIONS(description="The account's items, after this event."),
  `affiliations` ARRAY<STRUCT<`org` STRING, `level` STRING, `joined_ts` TIMESTAMP>> OPTIONS(description="The guilds and teams the account belongs to."),
  `raw_event` STRING OPTIONS(description="The message itself, scrubbed of secrets.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="The player asked to buy a spell.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "placebo"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.buy_sword (
  `run_id` STRING NOT NULL OPTIONS(description="The run that wrote the row."),
  `event_id` STRING NOT NULL OPTIONS(description="The key of deduplication: one id, one event."),
  `event_type` STRING NOT NULL OPTIONS(description="What happened; also the name of the table."),
  `event_time` TIMESTAMP NOT NULL OPTIONS(description="When it happened, by the client's clock; where that was wrong, as the front door corrected it."),
  `client_event_time` TIMESTAMP OPTIONS(description="What the client's clock said, where the front door corrected it."),
  `arrival_time` TIMESTAMP NOT NULL OPTIONS(description="When the broker took it: the pipeline's only clock."),
  `received_time` TIMESTAMP OPTIONS(description="When the front door got it: data only."),
  `player_id` STRING OPTIONS(description="Null before anybody is known; such events are in no player rollup."),
  `session_id` STRING OPTIONS(description="The client's session."),
  `install_id` STRING OPTIONS(description="The installation or device."),
  `seq` INT64 OPTIONS(description="The client's counter, from 0 or 1 without holes; it is what makes a lost event visible."),
  `game` STRING OPTIONS(description="The game; the contract's name where the message does not say."),
  `env` STRING OPTIONS(description="Separates live from test data: that of the sender's API key where the front door knows it, else the message's, else live."),
  `platform` STRING OPTIONS(description="Operating system or store."),
  `app_version` STRING OPTIONS(description="The build."),
  `country` STRING OPTIONS(description="Country of the player, as the game spells it."),
  `late` BOOL NOT NULL OPTIONS(description="Arrived more than the allowed lateness after it happened."),
  `additional_properties` STRING OPTIONS(description="JSON of the fields that the contract does not know: kept, never lost."),
  `item_type` STRING NOT NULL OPTIONS(description="Kind of sword; `type` on the wire."),
  `cost` FLOAT64 NOT NULL OPTIONS(description="Its price in the game's money."),
  `player_created` TIMESTAMP NOT NULL OPTIONS(description="When the player's account was made."),
  `player_wealth` FLOAT64 NOT NULL OPTIONS(description="The player's money before this; may be negative."),
  `player_num_items` INT64 NOT NULL OPTIONS(description="Items owned before this."),
  `status` STRING NOT NULL OPTIONS(description="approved_purchase or insufficient_funds."),
  `inventory` ARRAY<STRING> OPTIONS(description="The account's items, after this event."),
  `affiliations` ARRAY<STRUCT<`org` STRING, `level` STRING, `joined_ts` TIMESTAMP>> OPTIONS(description="The guilds and teams the account belongs to."),
  `raw_event` STRING OPTIONS(description="The message itself, scrubbed of secrets.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="The player asked to buy a sword.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "placebo"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.create_user (
  `run_id` STRING NOT NULL OPTIONS(description="The run that wrote the row."),
  `event_id` STRING NOT NULL OPTIONS(description="The key of deduplication: one id, one event."),
  `event_type` STRING NOT NULL OPTIONS(description="What happened; also the name of the table."),
  `event_time` TIMESTAMP NOT NULL OPTIONS(description="When it happened, by the client's clock; where that was wrong, as the front door corrected it."),
  `client_event_time` TIMESTAMP OPTIONS(description="What the client's clock said, where the front door corrected it."),
  `arrival_time` TIMESTAMP NOT NULL OPTIONS(description="When the broker took it: the pipeline's only clock."),
  `received_time` TIMESTAMP OPTIONS(description="When the front door got it: data only."),
  `player_id` STRING OPTIONS(description="Null before anybody is known; such events are in no player rollup."),
  `session_id` STRING OPTIONS(description="The client's session."),
  `install_id` STRING OPTIONS(description="The installation or device."),
  `seq` INT64 OPTIONS(description="The client's counter, from 0 or 1 without holes; it is what makes a lost event visible."),
  `game` STRING OPTIONS(description="The game; the contract's name where the message does not say."),
  `env` STRING OPTIONS(description="Separates live from test data: that of the sender's API key where the front door knows it, else the message's, else live."),
  `platform` STRING OPTIONS(description="Operating system or store."),
  `app_version` STRING OPTIONS(description="The build."),
  `country` STRING OPTIONS(description="Country of the player, as the game spells it."),
  `late` BOOL NOT NULL OPTIONS(description="Arrived more than the allowed lateness after it happened."),
  `additional_properties` STRING OPTIONS(description="JSON of the fields that the contract does not know: kept, never lost."),
  `agent_meta` STRING OPTIONS(description="The client's User-Agent, as the game's server noted it."),
  `wealth` FLOAT64 OPTIONS(description="The account's money, after this event."),
  `health` INT64 OPTIONS(description="The account's health."),
  `created` TIMESTAMP OPTIONS(description="When the account was made."),
  `inventory` ARRAY<STRING> OPTIONS(description="The account's items, after this event."),
  `affiliations` ARRAY<STRUCT<`org` STRING, `level` STRING, `joined_ts` TIMESTAMP>> OPTIONS(description="The guilds and teams the account belongs to."),
  `raw_event` STRING OPTIONS(description="The message itself, scrubbed of secrets.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="An account was made.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "placebo"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.join_guild (
  `run_id` STRING NOT NULL OPTIONS(description="The run that wrote the row."),
  `event_id` STRING NOT NULL OPTIONS(description="The key of deduplication: one id, one event."),
  `event_type` STRING NOT NULL OPTIONS(description="What happened; also the name of the table."),
  `event_time` TIMESTAMP NOT NULL OPTIONS(description="When it happened, by the client's clock; where that was wrong, as the front door corrected it."),
  `client_event_time` TIMESTAMP OPTIONS(description="What the client's clock said, where the front door corrected it."),
  `arrival_time` TIMESTAMP NOT NULL OPTIONS(description="When the broker took it: the pipeline's only clock."),
  `received_time` TIMESTAMP OPTIONS(description="When the front door got it: data only."),
  `player_id` STRING OPTIONS(description="Null before anybody is known; such events are in no player rollup."),
  `session_id` STRING OPTIONS(description="The client's session."),
  `install_id` STRING OPTIONS(description="The installation or device."),
  `seq` INT64 OPTIONS(description="The client's counter, from 0 or 1 without holes; it is what makes a lost event visible."),
  `game` STRING OPTIONS(description="The game; the contract's name where the message does not say."),
  `env` STRING OPTIONS(description="Separates live from test data: that of the sender's API key where the front door knows it, else the message's, else live."),
  `platform` STRING OPTIONS(description="Operating system or store."),
  `app_version` STRING OPTIONS(description="The build."),
  `country` STRING OPTIONS(description="Country of the player, as the game spells it."),
  `late` BOOL NOT NULL OPTIONS(description="Arrived more than the allowed lateness after it happened."),
  `additional_properties` STRING OPTIONS(description="JSON of the fields that the contract does not know: kept, never lost."),
  `org` STRING NOT NULL OPTIONS(description="The guild."),
  `level` STRING OPTIONS(description="Rank asked for; 'none' is a rank."),
  `cost` FLOAT64 NOT NULL OPTIONS(description="What joining costs in the game's money."),
  `player_created` TIMESTAMP NOT NULL OPTIONS(description="When the player's account was made."),
  `player_wealth` FLOAT64 NOT NULL OPTIONS(description="The player's money before this; may be negative."),
  `player_num_affiliations` INT64 NOT NULL OPTIONS(description="Guilds and teams belonged to before this."),
  `status` STRING OPTIONS(description="approved_join or denied_join; absent on topic placebo_social_events."),
  `raw_event` STRING OPTIONS(description="The message itself, scrubbed of secrets.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="The player asked to join a guild.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "placebo"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.join_team (
  `run_id` STRING NOT NULL OPTIONS(description="The run that wrote the row."),
  `event_id` STRING NOT NULL OPTIONS(description="The key of deduplication: one id, one event."),
  `event_type` STRING NOT NULL OPTIONS(description="What happened; also the name of the table."),
  `event_time` TIMESTAMP NOT NULL OPTIONS(description="When it happened, by the client's clock; where that was wrong, as the front door corrected it."),
  `client_event_time` TIMESTAMP OPTIONS(description="What the client's clock said, where the front door corrected it."),
  `arrival_time` TIMESTAMP NOT NULL OPTIONS(description="When the broker took it: the pipeline's only clock."),
  `received_time` TIMESTAMP OPTIONS(description="When the front door got it: data only."),
  `player_id` STRING OPTIONS(description="Null before anybody is known; such events are in no player rollup."),
  `session_id` STRING OPTIONS(description="The client's session."),
  `install_id` STRING OPTIONS(description="The installation or device."),
  `seq` INT64 OPTIONS(description="The client's counter, from 0 or 1 without holes; it is what makes a lost event visible."),
  `game` STRING OPTIONS(description="The game; the contract's name where the message does not say."),
  `env` STRING OPTIONS(description="Separates live from test data: that of the sender's API key where the front door knows it, else the message's, else live."),
  `platform` STRING OPTIONS(description="Operating system or store."),
  `app_version` STRING OPTIONS(description="The build."),
  `country` STRING OPTIONS(description="Country of the player, as the game spells it."),
  `late` BOOL NOT NULL OPTIONS(description="Arrived more than the allowed lateness after it happened."),
  `additional_properties` STRING OPTIONS(description="JSON of the fields that the contract does not know: kept, never lost."),
  `org` STRING NOT NULL OPTIONS(description="The team."),
  `level` STRING OPTIONS(description="Rank asked for; 'none' is a rank."),
  `cost` FLOAT64 NOT NULL OPTIONS(description="What joining costs in the game's money."),
  `player_created` TIMESTAMP NOT NULL OPTIONS(description="When the player's account was made."),
  `player_wealth` FLOAT64 NOT NULL OPTIONS(description="The player's money before this; may be negative."),
  `player_num_affiliations` INT64 NOT NULL OPTIONS(description="Guilds and teams belonged to before this."),
  `status` STRING OPTIONS(description="approved_join or denied_join; absent on topic placebo_social_events."),
  `raw_event` STRING OPTIONS(description="The message itself, scrubbed of secrets.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="The player asked to join a team.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "placebo"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.login (
  `run_id` STRING NOT NULL OPTIONS(description="The run that wrote the row."),
  `event_id` STRING NOT NULL OPTIONS(description="The key of deduplication: one id, one event."),
  `event_type` STRING NOT NULL OPTIONS(description="What happened; also the name of the table."),
  `event_time` TIMESTAMP NOT NULL OPTIONS(description="When it happened, by the client's clock; where that was wrong, as the front door corrected it."),
  `client_event_time` TIMESTAMP OPTIONS(description="What the client's clock said, where the front door corrected it."),
  `arrival_time` TIMESTAMP NOT NULL OPTIONS(description="When the broker took it: the pipeline's only clock."),
  `received_time` TIMESTAMP OPTIONS(description="When the front door got it: data only."),
  `player_id` STRING OPTIONS(description="Null before anybody is known; such events are in no player rollup."),
  `session_id` STRING OPTIONS(description="The client's session."),
  `install_id` STRING OPTIONS(description="The installation or device."),
  `seq` INT64 OPTIONS(description="The client's counter, from 0 or 1 without holes; it is what makes a lost event visible."),
  `game` STRING OPTIONS(description="The game; the contract's name where the message does not say."),
  `env` STRING OPTIONS(description="Separates live from test data: that of the sender's API key where the front door knows it, else the message's, else live."),
  `platform` STRING OPTIONS(description="Operating system or store."),
  `app_version` STRING OPTIONS(description="The build."),
  `country` STRING OPTIONS(description="Country of the player, as the game spells it."),
  `late` BOOL NOT NULL OPTIONS(description="Arrived more than the allowed lateness after it happened."),
  `additional_properties` STRING OPTIONS(description="JSON of the fields that the contract does not know: kept, never lost."),
  `raw_event` STRING OPTIONS(description="The message itself, scrubbed of secrets.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="The player signed in.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "placebo"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.root_url_accessed (
  `run_id` STRING NOT NULL OPTIONS(description="The run that wrote the row."),
  `event_id` STRING NOT NULL OPTIONS(description="The key of deduplication: one id, one event."),
  `event_type` STRING NOT NULL OPTIONS(description="What happened; also the name of the table."),
  `event_time` TIMESTAMP NOT NULL OPTIONS(description="When it happened, by the client's clock; where that was wrong, as the front door corrected it."),
  `client_event_time` TIMESTAMP OPTIONS(description="What the client's clock said, where the front door corrected it."),
  `arrival_time` TIMESTAMP NOT NULL OPTIONS(description="When the broker took it: the pipeline's only clock."),
  `received_time` TIMESTAMP OPTIONS(description="When the front door got it: data only."),
  `player_id` STRING OPTIONS(description="Null before anybody is known; such events are in no player rollup."),
  `session_id` STRING OPTIONS(description="The client's session."),
  `install_id` STRING OPTIONS(description="The installation or device."),
  `seq` INT64 OPTIONS(description="The client's counter, from 0 or 1 without holes; it is what makes a lost event visible."),
  `game` STRING OPTIONS(description="The game; the contract's name where the message does not say."),
  `env` STRING OPTIONS(description="Separates live from test data: that of the sender's API key where the front door knows it, else the message's, else live."),
  `platform` STRING OPTIONS(description="Operating system or store."),
  `app_version` STRING OPTIONS(description="The build."),
  `country` STRING OPTIONS(description="Country of the player, as the game spells it."),
  `late` BOOL NOT NULL OPTIONS(description="Arrived more than the allowed lateness after it happened."),
  `additional_properties` STRING OPTIONS(description="JSON of the fields that the contract does not know: kept, never lost."),
  `agent_meta` STRING OPTIONS(description="The client's User-Agent, as the game's server noted it."),
  `raw_event` STRING OPTIONS(description="The message itself, scrubbed of secrets.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="Somebody opened the game's front page; nobody is known yet.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "placebo"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.view_user_data (
  `run_id` STRING NOT NULL OPTIONS(description="The run that wrote the row."),
  `event_id` STRING NOT NULL OPTIONS(description="The key of deduplication: one id, one event."),
  `event_type` STRING NOT NULL OPTIONS(description="What happened; also the name of the table."),
  `event_time` TIMESTAMP NOT NULL OPTIONS(description="When it happened, by the client's clock; where that was wrong, as the front door corrected it."),
  `client_event_time` TIMESTAMP OPTIONS(description="What the client's clock said, where the front door corrected it."),
  `arrival_time` TIMESTAMP NOT NULL OPTIONS(description="When the broker took it: the pipeline's only clock."),
  `received_time` TIMESTAMP OPTIONS(description="When the front door got it: data only."),
  `player_id` STRING OPTIONS(description="Null before anybody is known; such events are in no player rollup."),
  `session_id` STRING OPTIONS(description="The client's session."),
  `install_id` STRING OPTIONS(description="The installation or device."),
  `seq` INT64 OPTIONS(description="The client's counter, from 0 or 1 without holes; it is what makes a lost event visible."),
  `game` STRING OPTIONS(description="The game; the contract's name where the message does not say."),
  `env` STRING OPTIONS(description="Separates live from test data: that of the sender's API key where the front door knows it, else the message's, else live."),
  `platform` STRING OPTIONS(description="Operating system or store."),
  `app_version` STRING OPTIONS(description="The build."),
  `country` STRING OPTIONS(description="Country of the player, as the game spells it."),
  `late` BOOL NOT NULL OPTIONS(description="Arrived more than the allowed lateness after it happened."),
  `additional_properties` STRING OPTIONS(description="JSON of the fields that the contract does not know: kept, never lost."),
  `agent_meta` STRING OPTIONS(description="The client's User-Agent, as the game's server noted it."),
  `wealth` FLOAT64 OPTIONS(description="The account's money, after this event."),
  `health` INT64 OPTIONS(description="The account's health."),
  `created` TIMESTAMP OPTIONS(description="When the account was made."),
  `inventory` ARRAY<STRING> OPTIONS(description="The account's items, after this event."),
  `affiliations` ARRAY<STRUCT<`org` STRING, `level` STRING, `joined_ts` TIMESTAMP>> OPTIONS(description="The guilds and teams the account belongs to."),
  `raw_event` STRING OPTIONS(description="The message itself, scrubbed of secrets.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="An account was looked at.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "placebo"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_dead_letters.dead_letter (
  `run_id` STRING NOT NULL OPTIONS(description="The run that wrote the row."),
  `dead_id` STRING NOT NULL OPTIONS(description="Hash of 'dead', reason and bytes, received_time left out: never the event's id."),
  `arrival_time` TIMESTAMP NOT NULL OPTIONS(description="When the broker took it."),
  `event_time` TIMESTAMP OPTIONS(description="When it happened, where that could be read and is usable."),
  `source` STRING NOT NULL OPTIONS(description="File or topic it came from."),
  `reason` STRING NOT NULL OPTIONS(description="too_large, malformed, unknown_event_type, schema_violation, timestamp_out_of_range, table_rejected, or landed: the row by which replay hides the dead letter that it landed."),
  `field` STRING OPTIONS(description="The field that failed."),
  `detail` STRING NOT NULL OPTIONS(description="What was expected and what came; never a value."),
  `event_type` STRING OPTIONS(description="The event's type, where it could be read."),
  `game` STRING OPTIONS(description="The contract's game."),
  `env` STRING OPTIONS(description="That of the sender's API key where the front door knows it, else the message's, else live."),
  `platform` STRING OPTIONS(description="Where it could be read."),
  `app_version` STRING OPTIONS(description="Where it could be read."),
  `player_id` STRING OPTIONS(description="Where it could be read."),
  `install_id` STRING OPTIONS(description="Where it could be read."),
  `session_id` STRING OPTIONS(description="Where it could be read."),
  `seq` INT64 OPTIONS(description="The client's counter, where it could be read and is in 0..2^53."),
  `payload` BYTES NOT NULL OPTIONS(description="The message's bytes, scrubbed of secrets."),
  `fingerprint` STRING NOT NULL OPTIONS(description="Hash of reason, event_type, field and app_version: groups a thousand rows into one problem.")
)
PARTITION BY DATE(`arrival_time`)
CLUSTER BY `player_id`
OPTIONS(description="Messages that could not become events.", partition_expiration_days=14, labels=[("managed_by", "gamebeam"), ("game", "placebo"), ("expiry_days", "14")]);

CREATE TABLE `my-project`.game_tables.ledger (
  `run_id` STRING NOT NULL OPTIONS(description="The run that wrote the row."),
  `generation` INT64 NOT NULL OPTIONS(description="0; higher where repair recomputed the window."),
  `window_start` TIMESTAMP NOT NULL,
  `window_end` TIMESTAMP NOT NULL,
  `hour` TIMESTAMP NOT NULL OPTIONS(description="Hour of event_time; of arrival_time where there is none."),
  `game` STRING,
  `env` STRING,
  `platform` STRING,
  `app_version` STRING,
  `event_type` STRING,
  `received` INT64 NOT NULL,
  `landed` INT64 NOT NULL,
  `duplicate` INT64 NOT NULL,
  `dead_lettered` INT64 NOT NULL,
  `late` INT64 NOT NULL,
  `table_rejected` INT64 NOT NULL,
  `pane_index` INT64 NOT NULL,
  `pane_timing` STRING NOT NULL OPTIONS(description="EARLY, ON_TIME or LATE."),
  `emitted_time` TIMESTAMP NOT NULL OPTIONS(description="When the pane fired; later panes hold all of the earlier.")
)
PARTITION BY DATE(`window_start`)
CLUSTER BY `event_type`
OPTIONS(description="What came in and what became of it.", partition_expiration_days=760, labels=[("managed_by", "gamebeam"), ("game", "placebo"), ("expiry_days", "760")]);

CREATE TABLE `my-project`.game_tables.counter_hours (
  `run_id` STRING NOT NULL OPTIONS(description="The run that wrote the row."),
  `generation` INT64 NOT NULL OPTIONS(description="0; higher where repair recomputed the window."),
  `window_start` TIMESTAMP NOT NULL,
  `window_end` TIMESTAMP NOT NULL,
  `hour` TIMESTAMP NOT NULL,
  `game` STRING,
  `env` STRING,
  `counter` STRING NOT NULL OPTIONS(description="install_id, player_id or session_id, as the contract says."),
  `platform` STRING OPTIONS(description="The last known in the hour."),
  `platform_at` TIMESTAMP OPTIONS(description="event_time of that value."),
  `app_version` STRING OPTIONS(description="The last known in the hour."),
  `app_version_at` TIMESTAMP OPTIONS(description="event_time of that value."),
  `seq_ranges` ARRAY<STRUCT<`seq_from` INT64, `seq_to` INT64>> OPTIONS(description="Coalesced ranges of seq landed or readable in dead letters."),
  `pane_index` INT64 NOT NULL,
  `pane_timing` STRING NOT NULL OPTIONS(description="EARLY, ON_TIME or LATE."),
  `emitted_time` TIMESTAMP NOT NULL OPTIONS(description="When the pane fired; later panes hold all of the earlier.")
)
PARTITION BY DATE(`window_start`)
CLUSTER BY `counter`
OPTIONS(description="Which of a counter's numbers came in, per hour.", partition_expiration_days=760, labels=[("managed_by", "gamebeam"), ("game", "placebo"), ("expiry_days", "760")]);

CREATE TABLE `my-project`.game_tables.player_hours (
  `run_id` STRING NOT NULL OPTIONS(description="The run that wrote the row."),
  `generation` INT64 NOT NULL OPTIONS(description="0; higher where repair recomputed the window."),
  `window_start` TIMESTAMP NOT NULL,
  `window_end` TIMESTAMP NOT NULL,
  `hour` TIMESTAMP NOT NULL,
  `env` STRING,
  `player_id` STRING NOT NULL,
  `anonymous` BOOL OPTIONS(description="True where no player was known: player_id is then a session's id, or an installation's."),
  `platform` STRING OPTIONS(description="The last known in the hour."),
  `platform_at` TIMESTAMP OPTIONS(description="event_time of that value."),
  `app_version` STRING OPTIONS(description="The last known in the hour."),
  `app_version_at` TIMESTAMP OPTIONS(description="event_time of that value."),
  `country` STRING OPTIONS(description="The last known in the hour."),
  `country_at` TIMESTAMP OPTIONS(description="event_time of that value."),
  `events` INT64 NOT NULL,
  `revenue_micros` INT64 NOT NULL OPTIONS(description="Millionths of a USD."),
  `score_micros` INT64 NOT NULL OPTIONS(description="Millionths of a point."),
  `first_time` TIMESTAMP NOT NULL,
  `last_time` TIMESTAMP NOT NULL,
  `created` TIMESTAMP OPTIONS(description="When the account was made."),
  `created_at` TIMESTAMP OPTIONS(description="event_time of that value."),
  `health` INT64 OPTIONS(description="The account's health."),
  `health_at` TIMESTAMP OPTIONS(description="event_time of that value."),
  `player_wealth` FLOAT64 OPTIONS(description="The player's money before this; may be negative."),
  `player_wealth_at` TIMESTAMP OPTIONS(description="event_time of that value."),
  `wealth` FLOAT64 OPTIONS(description="The account's money, after this event."),
  `wealth_at` TIMESTAMP OPTIONS(description="event_time of that value."),
  `pieces` ARRAY<STRUCT<`piece_start` TIMESTAMP, `piece_end` TIMESTAMP, `events` INT64, `revenue_micros` INT64, `session_id` STRING, `platform` STRING, `app_version` STRING, `country` STRING>> OPTIONS(description="Stretches of activity, by session_id or gap."),
  `pane_index` INT64 NOT NULL,
  `pane_timing` STRING NOT NULL OPTIONS(description="EARLY, ON_TIME or LATE."),
  `emitted_time` TIMESTAMP NOT NULL OPTIONS(description="When the pane fired; later panes hold all of the earlier.")
)
PARTITION BY DATE(`window_start`)
CLUSTER BY `player_id`
OPTIONS(description="What each player did, per hour.", partition_expiration_days=760, labels=[("managed_by", "gamebeam"), ("game", "placebo"), ("expiry_days", "760")]);

CREATE TABLE `my-project`.game_tables.items_asked_for (
  `run_id` STRING NOT NULL OPTIONS(description="The run that wrote the row."),
  `generation` INT64 NOT NULL OPTIONS(description="0; higher where repair recomputed the window."),
  `window_start` TIMESTAMP NOT NULL,
  `window_end` TIMESTAMP NOT NULL,
  `env` STRING,
  `event_type` STRING,
  `item_type` STRING,
  `counted` INT64 NOT NULL OPTIONS(description="Events in the row: of the panes of a window, the one that counted most is the last."),
  `asked` INT64 NOT NULL,
  `bought` INT64 NOT NULL,
  `refused` INT64 NOT NULL,
  `declaration` STRING OPTIONS(description="Fingerprint of the rollup's declaration; null in rows of before it was written."),
  `pane_index` INT64 NOT NULL,
  `pane_timing` STRING NOT NULL OPTIONS(description="EARLY, ON_TIME or LATE."),
  `emitted_time` TIMESTAMP NOT NULL OPTIONS(description="When the pane fired; later panes hold all of the earlier.")
)
PARTITION BY DATE(`window_start`)
CLUSTER BY `event_type`
OPTIONS(description="Items asked for, bought and refused, per five minutes and kind.", partition_expiration_days=760, labels=[("managed_by", "gamebeam"), ("game", "placebo"), ("expiry_days", "760")]);

CREATE TABLE `my-project`.game_tables.active_players (
  `run_id` STRING NOT NULL OPTIONS(description="The run that wrote the row."),
  `generation` INT64 NOT NULL OPTIONS(description="0; higher where repair recomputed the window."),
  `window_start` TIMESTAMP NOT NULL,
  `window_end` TIMESTAMP NOT NULL,
  `env` STRING,
  `counted` INT64 NOT NULL OPTIONS(description="Events in the row: of the panes of a window, the one that counted most is the last."),
  `players_hashes` ARRAY<INT64> OPTIONS(description="The smallest hashes of the values seen."),
  `declaration` STRING OPTIONS(description="Fingerprint of the rollup's declaration; null in rows of before it was written."),
  `pane_index` INT64 NOT NULL,
  `pane_timing` STRING NOT NULL OPTIONS(description="EARLY, ON_TIME or LATE."),
  `emitted_time` TIMESTAMP NOT NULL OPTIONS(description="When the pane fired; later panes hold all of the earlier.")
)
PARTITION BY DATE(`window_start`)
CLUSTER BY `env`
OPTIONS(description="Distinct players seen in the last ten minutes, every minute.", partition_expiration_days=760, labels=[("managed_by", "gamebeam"), ("game", "placebo"), ("expiry_days", "760")]);

CREATE TABLE `my-project`.game_tables.feed_dead_letters (
  `run_id` STRING NOT NULL OPTIONS(description="The load that wrote the row."),
  `loaded_at` TIMESTAMP NOT NULL OPTIONS(description="When it was loaded."),
  `file` STRING NOT NULL OPTIONS(description="The file it came from."),
  `line` INT64 NOT NULL OPTIONS(description="Its line there."),
  `feed` STRING NOT NULL OPTIONS(description="The feed."),
  `field` STRING OPTIONS(description="The column that failed; null: the line itself."),
  `detail` STRING NOT NULL OPTIONS(description="What was expected; never a value."),
  `row` STRING NOT NULL OPTIONS(description="The row as it stood.")
)
PARTITION BY DATE(`loaded_at`)
OPTIONS(description="Rows of feeds that could not be read.", partition_expiration_days=14, labels=[("managed_by", "gamebeam"), ("game", "placebo"), ("expiry_days", "14")]);
