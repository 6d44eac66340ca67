CREATE SCHEMA `my-project`.game
OPTIONS(description="Gamebeam: what analysts read.", labels=[("managed_by", "gamebeam"), ("game", "starter")]);

CREATE SCHEMA `my-project`.game_tables
OPTIONS(description="Gamebeam: the tables under the views; written by the job alone.", labels=[("managed_by", "gamebeam"), ("game", "starter")]);

CREATE SCHEMA `my-project`.game_dead_letters
OPTIONS(description="Gamebeam: messages that could not become events; for those on call.", labels=[("managed_by", "gamebeam"), ("game", "starter")]);

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
OPTIONS(description="What each run said of itself: its last manifest counts.", labels=[("managed_by", "gamebeam"), ("game", "starter")]);

CREATE TABLE `my-project`.game_tables.achievement (
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
  `achievement` STRING NOT NULL OPTIONS(description="Its name."),
  `points` INT64 OPTIONS(description="Points for it.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="Something was achieved.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.ad_impression (
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
  `network` STRING NOT NULL OPTIONS(description="Who served it."),
  `placement` STRING OPTIONS(description="Where."),
  `revenue_usd` FLOAT64 NOT NULL OPTIONS(description="What it earned in USD.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="An advertisement was shown.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.crash (
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
  `error` STRING NOT NULL OPTIONS(description="Name of the error."),
  `stack_hash` STRING OPTIONS(description="Groups like crashes."),
  `fatal` BOOL OPTIONS(description="The game ended.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="The game crashed.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.currency_change (
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
  `currency_type` STRING NOT NULL OPTIONS(description="Soft or hard."),
  `amount` INT64 NOT NULL OPTIONS(description="Change; negative when spent."),
  `balance` INT64 NOT NULL OPTIONS(description="Balance after it."),
  `reason` STRING NOT NULL OPTIONS(description="Why."),
  `item_type` STRING OPTIONS(description="Kind of item, when spent on one."),
  `item_name` STRING OPTIONS(description="The item.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="The game's own money moved.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.guild_join (
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
  `guild_name` STRING NOT NULL OPTIONS(description="The guild.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="The player joined a guild.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.guild_leave (
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
  `guild_name` STRING NOT NULL OPTIONS(description="The guild left.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="The player left a guild.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.level_complete (
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
  `level` INT64 NOT NULL OPTIONS(description="The level."),
  `duration_s` INT64 OPTIONS(description="Seconds it took."),
  `stars` INT64 OPTIONS(description="Stars earned.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="A level was finished.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.level_fail (
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
  `level` INT64 NOT NULL OPTIONS(description="The level."),
  `duration_s` INT64 OPTIONS(description="Seconds it took.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="A level was lost.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.level_start (
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
  `level` INT64 NOT NULL OPTIONS(description="The level.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="A level was begun.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.level_up (
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
  `player_level` INT64 NOT NULL OPTIONS(description="The level reached.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="The player reached a new level of experience.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "30")]);

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
  `method` STRING OPTIONS(description="How.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="The player signed in.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.match_end (
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
  `match_id` STRING NOT NULL OPTIONS(description="The match."),
  `enemy` STRING OPTIONS(description="Enemy of the game's own, where there is one."),
  `opponent` STRING OPTIONS(description="The other player, where there is one."),
  `outcome` STRING NOT NULL OPTIONS(description="How it ended for the player."),
  `score` INT64 NOT NULL OPTIONS(description="Points.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="A match ended.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.match_start (
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
  `match_id` STRING NOT NULL OPTIONS(description="The match."),
  `enemy` STRING OPTIONS(description="Enemy of the game's own, where there is one."),
  `opponent` STRING OPTIONS(description="The other player, where there is one.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="A match began.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.purchase (
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
  `product` STRING NOT NULL OPTIONS(description="What was bought."),
  `price` FLOAT64 NOT NULL OPTIONS(description="Price in the currency paid."),
  `currency` STRING NOT NULL OPTIONS(description="ISO 4217."),
  `price_usd` FLOAT64 NOT NULL OPTIONS(description="Price in USD."),
  `offer_id` STRING OPTIONS(description="The offer it came from."),
  `discount` FLOAT64 OPTIONS(description="Share taken off, 0 to 1."),
  `shared` BOOL OPTIONS(description="The player shared it.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="Real money was paid.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.refund (
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
  `product` STRING NOT NULL OPTIONS(description="What was bought."),
  `price_usd` FLOAT64 NOT NULL OPTIONS(description="Amount given back in USD, positive."),
  `purchase_id` STRING OPTIONS(description="event_id of the purchase.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="Real money was given back.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.register (
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
  `media_source` STRING OPTIONS(description="Where the install came from; organic where nobody paid."),
  `campaign` STRING OPTIONS(description="The campaign that paid for it."),
  `install_time` TIMESTAMP OPTIONS(description="When it was installed.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="A player's first event on an installation.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.session_end (
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
  `duration_s` INT64 OPTIONS(description="Seconds since its start.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="A session ended.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.session_start (
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
  `first` BOOL OPTIONS(description="The player's first session.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="A session began.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.team_join (
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
  `team_name` STRING NOT NULL OPTIONS(description="The team.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="The player joined a team.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "30")]);

CREATE TABLE `my-project`.game_tables.team_leave (
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
  `team_name` STRING NOT NULL OPTIONS(description="The team left.")
)
PARTITION BY DATE(`event_time`)
CLUSTER BY `player_id`
OPTIONS(description="The player left a team.", partition_expiration_days=30, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "30")]);

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
OPTIONS(description="Messages that could not become events.", partition_expiration_days=14, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "14")]);

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
OPTIONS(description="What came in and what became of it.", partition_expiration_days=760, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "760")]);

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
OPTIONS(description="Which of a counter's numbers came in, per hour.", partition_expiration_days=760, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "760")]);

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
  `balance` INT64 OPTIONS(description="Balance after it."),
  `balance_at` TIMESTAMP OPTIONS(description="event_time of that value."),
  `guild_name` STRING OPTIONS(description="The guild."),
  `guild_name_at` TIMESTAMP OPTIONS(description="event_time of that value."),
  `player_level` INT64 OPTIONS(description="The level reached."),
  `player_level_at` TIMESTAMP OPTIONS(description="event_time of that value."),
  `team_name` STRING OPTIONS(description="The team."),
  `team_name_at` TIMESTAMP OPTIONS(description="event_time of that value."),
  `pieces` ARRAY<STRUCT<`piece_start` TIMESTAMP, `piece_end` TIMESTAMP, `events` INT64, `revenue_micros` INT64, `session_id` STRING, `platform` STRING, `app_version` STRING, `country` STRING>> OPTIONS(description="Stretches of activity, by session_id or gap."),
  `pane_index` INT64 NOT NULL,
  `pane_timing` STRING NOT NULL OPTIONS(description="EARLY, ON_TIME or LATE."),
  `emitted_time` TIMESTAMP NOT NULL OPTIONS(description="When the pane fired; later panes hold all of the earlier.")
)
PARTITION BY DATE(`window_start`)
CLUSTER BY `player_id`
OPTIONS(description="What each player did, per hour.", partition_expiration_days=760, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "760")]);

CREATE TABLE `my-project`.game_tables.revenue_per_minute (
  `run_id` STRING NOT NULL OPTIONS(description="The run that wrote the row."),
  `generation` INT64 NOT NULL OPTIONS(description="0; higher where repair recomputed the window."),
  `window_start` TIMESTAMP NOT NULL,
  `window_end` TIMESTAMP NOT NULL,
  `env` STRING,
  `platform` STRING,
  `country` STRING,
  `counted` INT64 NOT NULL OPTIONS(description="Events in the row: of the panes of a window, the one that counted most is the last."),
  `revenue_micros` INT64 NOT NULL,
  `declaration` STRING OPTIONS(description="Fingerprint of the rollup's declaration; null in rows of before it was written."),
  `pane_index` INT64 NOT NULL,
  `pane_timing` STRING NOT NULL OPTIONS(description="EARLY, ON_TIME or LATE."),
  `emitted_time` TIMESTAMP NOT NULL OPTIONS(description="When the pane fired; later panes hold all of the earlier.")
)
PARTITION BY DATE(`window_start`)
CLUSTER BY `env`
OPTIONS(description="Money in, per minute, platform and country; refunds are negative.", partition_expiration_days=760, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "760")]);

CREATE TABLE `my-project`.game_tables.active_players (
  `run_id` STRING NOT NULL OPTIONS(description="The run that wrote the row."),
  `generation` INT64 NOT NULL OPTIONS(description="0; higher where repair recomputed the window."),
  `window_start` TIMESTAMP NOT NULL,
  `window_end` TIMESTAMP NOT NULL,
  `env` STRING,
  `platform` STRING,
  `counted` INT64 NOT NULL OPTIONS(description="Events in the row: of the panes of a window, the one that counted most is the last."),
  `players_hashes` ARRAY<INT64> OPTIONS(description="The smallest hashes of the values seen."),
  `declaration` STRING OPTIONS(description="Fingerprint of the rollup's declaration; null in rows of before it was written."),
  `pane_index` INT64 NOT NULL,
  `pane_timing` STRING NOT NULL OPTIONS(description="EARLY, ON_TIME or LATE."),
  `emitted_time` TIMESTAMP NOT NULL OPTIONS(description="When the pane fired; later panes hold all of the earlier.")
)
PARTITION BY DATE(`window_start`)
CLUSTER BY `env`
OPTIONS(description="Distinct players seen in the last ten minutes, every minute.", partition_expiration_days=760, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "760")]);

CREATE TABLE `my-project`.game_tables.matches (
  `run_id` STRING NOT NULL OPTIONS(description="The run that wrote the row."),
  `generation` INT64 NOT NULL OPTIONS(description="0; higher where repair recomputed the window."),
  `window_start` TIMESTAMP NOT NULL,
  `window_end` TIMESTAMP NOT NULL,
  `env` STRING,
  `platform` STRING,
  `counted` INT64 NOT NULL OPTIONS(description="Events in the row: of the panes of a window, the one that counted most is the last."),
  `matches` INT64 NOT NULL,
  `wins` INT64 NOT NULL,
  `declaration` STRING OPTIONS(description="Fingerprint of the rollup's declaration; null in rows of before it was written."),
  `pane_index` INT64 NOT NULL,
  `pane_timing` STRING NOT NULL OPTIONS(description="EARLY, ON_TIME or LATE."),
  `emitted_time` TIMESTAMP NOT NULL OPTIONS(description="When the pane fired; later panes hold all of the earlier.")
)
PARTITION BY DATE(`window_start`)
CLUSTER BY `env`
OPTIONS(description="Matches ended and won, per five minutes and platform.", partition_expiration_days=760, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "760")]);

CREATE TABLE `my-project`.game_tables.events_per_minute (
  `run_id` STRING NOT NULL OPTIONS(description="The run that wrote the row."),
  `generation` INT64 NOT NULL OPTIONS(description="0; higher where repair recomputed the window."),
  `window_start` TIMESTAMP NOT NULL,
  `window_end` TIMESTAMP NOT NULL,
  `env` STRING,
  `event_type` STRING,
  `app_version` STRING,
  `counted` INT64 NOT NULL OPTIONS(description="Events in the row: of the panes of a window, the one that counted most is the last."),
  `events` INT64 NOT NULL,
  `declaration` STRING OPTIONS(description="Fingerprint of the rollup's declaration; null in rows of before it was written."),
  `pane_index` INT64 NOT NULL,
  `pane_timing` STRING NOT NULL OPTIONS(description="EARLY, ON_TIME or LATE."),
  `emitted_time` TIMESTAMP NOT NULL OPTIONS(description="When the pane fired; later panes hold all of the earlier.")
)
PARTITION BY DATE(`window_start`)
CLUSTER BY `event_type`
OPTIONS(description="How many events of each type, per minute and build.", partition_expiration_days=760, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "760")]);

CREATE TABLE `my-project`.game_tables.cost (
  `run_id` STRING NOT NULL OPTIONS(description="The load that wrote the row."),
  `loaded_at` TIMESTAMP NOT NULL OPTIONS(description="When it was loaded."),
  `file` STRING NOT NULL OPTIONS(description="The file it came from."),
  `line` INT64 NOT NULL OPTIONS(description="Its line there."),
  `day` DATE NOT NULL OPTIONS(description="The day of the cost."),
  `media_source` STRING NOT NULL OPTIONS(description="As in register: adwords, facebook, …"),
  `campaign` STRING OPTIONS(description="As in register."),
  `country` STRING OPTIONS(description="ISO 3166, two or three letters; lands as two."),
  `impressions` INT64 OPTIONS(description="Advertisements shown."),
  `clicks` INT64 OPTIONS(description="Advertisements clicked."),
  `cost_usd` FLOAT64 NOT NULL OPTIONS(description="Cost in USD.")
)
PARTITION BY DATE(`loaded_at`)
OPTIONS(description="What advertising cost, by day, media source, campaign and country. A later file restates its days and media sources.", labels=[("managed_by", "gamebeam"), ("game", "starter")]);

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
OPTIONS(description="Rows of feeds that could not be read.", partition_expiration_days=14, labels=[("managed_by", "gamebeam"), ("game", "starter"), ("expiry_days", "14")]);
