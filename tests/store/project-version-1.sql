PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE "datasets" (
   "hash" TEXT PRIMARY KEY,
   "position" INTEGER,
   "file" TEXT,
   "source" TEXT,
   "report" TEXT,
   "time" REAL
);
CREATE TABLE "history" (
   "position" INTEGER PRIMARY KEY,
   "label" TEXT,
   "config" TEXT,
   "time" REAL
);
INSERT INTO "history" VALUES(0,'New project','{"goal": "answer", "data": {"imports": [], "roles": {}, "recipe": [{"id": "repair", "on": true}, {"id": "trim", "on": true}, {"id": "drop-empty", "on": true}, {"id": "drop-duplicates", "on": true}, {"id": "limit-length", "on": true}], "split": {"validation": 0.1, "test": 0.1, "seed": 1}, "prepared": ""}, "model": {"path": "", "fingerprint": ""}, "objective": {"id": "instruct"}, "method": {"id": "lora"}, "preset": "balanced", "train": {"epochs": 3.0, "learning_rate": 0.0002, "batch_size": 8, "max_length": 512, "steps": 0, "micro_batch": 0, "schedule": "cosine", "warmup": 0.05, "weight_decay": 0.0, "clip": 1.0, "precision": "auto", "checkpointing": false, "packing": true, "evaluate_every": 0, "patience": 4, "save_every": 0, "keep": 2, "samples": [], "seed": 1, "device": "auto", "threads": 0}}',1793500000.0);
CREATE TABLE "metrics" (
   "run" TEXT REFERENCES "runs"("id"),
   "step" INTEGER,
   "name" TEXT,
   "value" REAL,
   PRIMARY KEY ("run", "name", "step")
);
INSERT INTO "metrics" VALUES('20261101-1',1,'train.loss',2.25);
CREATE TABLE "project" (
   "key" TEXT PRIMARY KEY,
   "value" TEXT
);
INSERT INTO "project" VALUES('name','Museum help desk');
INSERT INTO "project" VALUES('goal','answer');
INSERT INTO "project" VALUES('position','0');
CREATE TABLE "runs" (
   "id" TEXT PRIMARY KEY,
   "number" INTEGER,
   "config" TEXT,
   "state" TEXT,
   "step" INTEGER,
   "steps" INTEGER,
   "started" REAL,
   "ended" REAL,
   "best_step" INTEGER,
   "copied" INTEGER,
   "reason" TEXT,
   "failure" TEXT,
   "note" TEXT,
   "deleted" REAL
);
INSERT INTO "runs" VALUES('20261101-1',1,'{"goal": "answer", "data": {"imports": [], "roles": {}, "recipe": [{"id": "repair", "on": true}, {"id": "trim", "on": true}, {"id": "drop-empty", "on": true}, {"id": "drop-duplicates", "on": true}, {"id": "limit-length", "on": true}], "split": {"validation": 0.1, "test": 0.1, "seed": 1}, "prepared": ""}, "model": {"path": "", "fingerprint": ""}, "objective": {"id": "instruct"}, "method": {"id": "lora"}, "preset": "balanced", "train": {"epochs": 3.0, "learning_rate": 0.0002, "batch_size": 8, "max_length": 512, "steps": 0, "micro_batch": 0, "schedule": "cosine", "warmup": 0.05, "weight_decay": 0.0, "clip": 1.0, "precision": "auto", "checkpointing": false, "packing": true, "evaluate_every": 0, "patience": 4, "save_every": 0, "keep": 2, "samples": [], "seed": 1, "device": "auto", "threads": 0}}','finished',40,40,1793500000.0,1793500060.0,40,90,'completed',NULL,'',NULL);
COMMIT;
