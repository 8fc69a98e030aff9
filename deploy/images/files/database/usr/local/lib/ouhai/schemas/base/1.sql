-- 政务五大基础数据库结构骨架：人口、法人、空间地理、宏观经济、文化。
-- 各部门在此基础上按国家和省、市标准扩充；所有者角色建立的表，只读服务角色自动可查。

CREATE EXTENSION postgis;
SET ROLE :"owner";

CREATE SCHEMA population;
COMMENT ON SCHEMA population IS '人口基础库';
CREATE TABLE population.person (
    citizen_number char(18) PRIMARY KEY CHECK (citizen_number ~ '^[0-9]{17}[0-9X]$'),
    name text NOT NULL,
    sex_code char(1) NOT NULL CHECK (sex_code IN ('0', '1', '2', '9')),
    birth_date date NOT NULL,
    nation_code char(2) NOT NULL,
    household_division char(12) NOT NULL,
    residence_address text,
    death_date date,
    source text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE population.person IS '自然人基本信息';
COMMENT ON COLUMN population.person.citizen_number IS '公民身份号码（GB 11643）';
COMMENT ON COLUMN population.person.name IS '姓名';
COMMENT ON COLUMN population.person.sex_code IS '性别代码（GB/T 2261.1）：0 未知，1 男，2 女，9 未说明';
COMMENT ON COLUMN population.person.birth_date IS '出生日期';
COMMENT ON COLUMN population.person.nation_code IS '民族代码（GB/T 3304）';
COMMENT ON COLUMN population.person.household_division IS '户籍地行政区划代码（12 位）';
COMMENT ON COLUMN population.person.residence_address IS '常住地址';
COMMENT ON COLUMN population.person.death_date IS '死亡日期，空为健在';
COMMENT ON COLUMN population.person.source IS '数据来源部门';
COMMENT ON COLUMN population.person.updated_at IS '更新时间';
CREATE INDEX ON population.person (household_division);
CREATE INDEX ON population.person (name);

CREATE SCHEMA legal_person;
COMMENT ON SCHEMA legal_person IS '法人单位基础库';
CREATE TABLE legal_person.organization (
    credit_code char(18) PRIMARY KEY CHECK (credit_code ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
    name text NOT NULL,
    type_code text NOT NULL,
    representative text NOT NULL,
    established_on date NOT NULL,
    registered_capital numeric(18, 2) CHECK (registered_capital >= 0),
    address text NOT NULL,
    division char(12) NOT NULL,
    status text NOT NULL,
    source text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE legal_person.organization IS '法人和其他组织基本信息';
COMMENT ON COLUMN legal_person.organization.credit_code IS '统一社会信用代码（GB 32100）';
COMMENT ON COLUMN legal_person.organization.name IS '机构名称';
COMMENT ON COLUMN legal_person.organization.type_code IS '机构类型代码（GB/T 20091）';
COMMENT ON COLUMN legal_person.organization.representative IS '法定代表人（负责人）';
COMMENT ON COLUMN legal_person.organization.established_on IS '成立日期';
COMMENT ON COLUMN legal_person.organization.registered_capital IS '注册资本（万元）';
COMMENT ON COLUMN legal_person.organization.address IS '住所';
COMMENT ON COLUMN legal_person.organization.division IS '所在地行政区划代码（12 位）';
COMMENT ON COLUMN legal_person.organization.status IS '登记状态：存续、注销、吊销等';
COMMENT ON COLUMN legal_person.organization.source IS '数据来源部门';
COMMENT ON COLUMN legal_person.organization.updated_at IS '更新时间';
CREATE INDEX ON legal_person.organization (name);
CREATE INDEX ON legal_person.organization (division);

CREATE SCHEMA geography;
COMMENT ON SCHEMA geography IS '自然资源和空间地理基础库，坐标系 CGCS2000（EPSG:4490）';
CREATE TABLE geography.division (
    code char(12) PRIMARY KEY CHECK (code ~ '^[0-9]{12}$'),
    name text NOT NULL,
    parent_code char(12) REFERENCES geography.division,
    boundary geometry(MultiPolygon, 4490)
);
COMMENT ON TABLE geography.division IS '行政区划：市、区县、街镇、村社';
COMMENT ON COLUMN geography.division.code IS '行政区划代码（12 位）';
COMMENT ON COLUMN geography.division.name IS '名称';
COMMENT ON COLUMN geography.division.parent_code IS '上级行政区划代码';
COMMENT ON COLUMN geography.division.boundary IS '边界';
CREATE INDEX ON geography.division USING gist (boundary);
CREATE TABLE geography.place (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    category text NOT NULL,
    address text,
    division_code char(12) REFERENCES geography.division,
    location geometry(Point, 4490) NOT NULL,
    source text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE geography.place IS '地名地址';
COMMENT ON COLUMN geography.place.id IS '标识';
COMMENT ON COLUMN geography.place.name IS '名称';
COMMENT ON COLUMN geography.place.category IS '类别';
COMMENT ON COLUMN geography.place.address IS '标准地址';
COMMENT ON COLUMN geography.place.division_code IS '所属行政区划代码';
COMMENT ON COLUMN geography.place.location IS '位置';
COMMENT ON COLUMN geography.place.source IS '数据来源部门';
COMMENT ON COLUMN geography.place.updated_at IS '更新时间';
CREATE INDEX ON geography.place USING gist (location);

CREATE SCHEMA economy;
COMMENT ON SCHEMA economy IS '宏观经济基础库';
CREATE TABLE economy.indicator (
    code text PRIMARY KEY,
    name text NOT NULL,
    unit text NOT NULL,
    definition text,
    source text NOT NULL
);
COMMENT ON TABLE economy.indicator IS '统计指标';
COMMENT ON COLUMN economy.indicator.code IS '指标代码';
COMMENT ON COLUMN economy.indicator.name IS '指标名称';
COMMENT ON COLUMN economy.indicator.unit IS '计量单位';
COMMENT ON COLUMN economy.indicator.definition IS '指标解释';
COMMENT ON COLUMN economy.indicator.source IS '数据来源部门';
CREATE TABLE economy.observation (
    indicator_code text NOT NULL REFERENCES economy.indicator,
    division char(12) NOT NULL,
    period daterange NOT NULL CHECK (NOT isempty(period)),
    value numeric NOT NULL,
    published_on date NOT NULL,
    PRIMARY KEY (indicator_code, division, period)
);
COMMENT ON TABLE economy.observation IS '指标数据';
COMMENT ON COLUMN economy.observation.indicator_code IS '指标代码';
COMMENT ON COLUMN economy.observation.division IS '行政区划代码（12 位）';
COMMENT ON COLUMN economy.observation.period IS '统计时期';
COMMENT ON COLUMN economy.observation.value IS '数值';
COMMENT ON COLUMN economy.observation.published_on IS '发布日期';

CREATE SCHEMA culture;
COMMENT ON SCHEMA culture IS '文化基础库';
CREATE TABLE culture.resource (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    category text NOT NULL,
    protection_level text,
    era text,
    keeper text,
    division char(12) NOT NULL,
    location geometry(Point, 4490),
    source text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE culture.resource IS '文化资源：文物、非物质文化遗产、文化设施等';
COMMENT ON COLUMN culture.resource.id IS '标识';
COMMENT ON COLUMN culture.resource.name IS '名称';
COMMENT ON COLUMN culture.resource.category IS '类别';
COMMENT ON COLUMN culture.resource.protection_level IS '保护级别：国家级、省级、市级、区级';
COMMENT ON COLUMN culture.resource.era IS '年代';
COMMENT ON COLUMN culture.resource.keeper IS '管理单位';
COMMENT ON COLUMN culture.resource.division IS '所在地行政区划代码（12 位）';
COMMENT ON COLUMN culture.resource.location IS '位置';
COMMENT ON COLUMN culture.resource.source IS '数据来源部门';
COMMENT ON COLUMN culture.resource.updated_at IS '更新时间';
CREATE INDEX ON culture.resource USING gist (location);

RESET ROLE;
CREATE TABLE meta.base_database (
    schema_name text PRIMARY KEY,
    name text NOT NULL,
    keeper text NOT NULL
);
COMMENT ON TABLE meta.base_database IS '基础数据库目录';
COMMENT ON COLUMN meta.base_database.schema_name IS '模式名';
COMMENT ON COLUMN meta.base_database.name IS '名称';
COMMENT ON COLUMN meta.base_database.keeper IS '牵头部门';
INSERT INTO meta.base_database VALUES
    ('population', '人口基础库', '公安'),
    ('legal_person', '法人单位基础库', '市场监管'),
    ('geography', '自然资源和空间地理基础库', '自然资源和规划'),
    ('economy', '宏观经济基础库', '统计'),
    ('culture', '文化基础库', '文化和旅游');
ALTER TABLE meta.base_database OWNER TO :"owner";
GRANT SELECT ON meta.base_database TO :"reader";
