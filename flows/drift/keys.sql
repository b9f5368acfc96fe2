-- One row per record number that stood for one person only: keyed tokens of the number, the full ID, the name.
-- HMAC-SHA256, cut to 60 bits; $inner and $outer are the padded key.
with rows as (
    select
        record_id,
        case when id_number_kind = 'full' then id_number end as id_number,
        case when not regexp_matches(name, '[*＊×某xX?？]') then replace(name, ' ', '') end as name
    from identified where record_id is not null
), one_person as (
    select record_id, any_value(id_number) as id_number, any_value(name) as name
    from rows group by record_id
    having count(distinct id_number) <= 1 and count(distinct name) <= 1
), tokens as (
    select
        ('0x' || left(sha256($outer::blob || unhex(sha256($inner::blob || encode('r' || record_id)))), 15))::bigint
            as record,
        ('0x' || left(sha256($outer::blob || unhex(sha256($inner::blob || encode('i' || id_number)))), 15))::bigint
            as person,
        ('0x' || left(sha256($outer::blob || unhex(sha256($inner::blob || encode('n' || name)))), 15))::bigint as name
    from one_person
)
select record, person, name from tokens order by record
